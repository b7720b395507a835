#include "app/routes.hpp"

namespace zoetrope::app {

namespace {

// GET /health -> 200 while the process lives; asks nothing of anybody
http::Response health(http::Router&) {
    return {.content_type = http::json_type, .static_body = R"({"status":"ok"})"};
}

// GET /openapi.json -> 200
http::Response openapi(http::Router& router) {
    return {.content_type = http::json_type, .body = router.openapi(ZOETROPE_VERSION)};
}

}  // namespace

void mount_routes(
    http::Router& router,
    Studio& studio,
    events::Deps& events,
    library::Deps& library,
    generation::Deps& generation
) {
    router.get<&health>("/api/v1/health", router, {.summary = "Whether the server lives"});
    router.get<&health>("/health", router, {.summary = "The same, where load balancers look"});
    router.get<&openapi>("/openapi.json", router, {.summary = "This page"});
    events::mount(router, events);
    library::mount(router, library);
    generation::mount(router, generation);
    router.fallback([&studio](const http::Request& request) { return studio.answer(request); });
    router.freeze();
}

}  // namespace zoetrope::app
