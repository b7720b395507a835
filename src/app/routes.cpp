#include "app/routes.hpp"

namespace zoetrope::app {

void mount_routes(
    http::Router& router,
    Studio& studio,
    accounts::Deps& accounts,
    events::Deps& events,
    library::Deps& library,
    generation::Deps& generation,
    pipelines::Deps& pipelines,
    workers::Deps& workers,
    todos::Deps& todos,
    operations::Deps& operations
) {
    operations::mount(router, operations);
    accounts::mount(router, accounts);
    events::mount(router, events);
    library::mount(router, library);
    generation::mount(router, generation);
    pipelines::mount(router, pipelines);
    workers::mount(router, workers);
    todos::mount(router, todos);
    router.fallback([&studio](const http::Request& request) { return studio.answer(request); });
    router.freeze();
}

}  // namespace zoetrope::app
