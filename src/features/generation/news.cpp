#include "features/generation/store.hpp"

namespace zoetrope::generation {

Async<News> write_news(
    Deps& deps,
    db::Transaction& db,
    UserId owner,
    const std::vector<GenerationId>& ids,
    const char* type,
    Instant now
) {
    std::vector<events::NewEvent> news;
    news.reserve(ids.size());
    for (const GenerationId& id : ids)
        news.push_back({.owner = owner, .topic = "generations", .type = type, .subject = id.str()});
    News written{owner, co_await events::append_all(db, news, now)};
    if (deps.on_change) {
        auto more = co_await deps.on_change(db, owner, ids, now);
        std::ranges::move(more, std::back_inserter(written.events));
    }
    co_return written;
}

void publish(Deps& deps, const News& news) {
    for (const events::Event& each : news.events) deps.library.events.publish(news.owner, each);
}

}  // namespace zoetrope::generation
