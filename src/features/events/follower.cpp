#include "features/events/follower.hpp"

#include "features/events/store.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::events {

namespace {

constexpr std::chrono::milliseconds look_pause{1000};
constexpr std::string_view notice = "events";

}  // namespace

Follower::Follower(db::Pool& db, db::Notices& notices, Hub& hub, asio::io_context& io)
    : db_(db),
      notices_(notices),
      hub_(hub),
      looks_(io, look_pause) {
    notices_.listen(std::string(notice), [this](std::string_view) { looks_.hurry(); });
}

void Follower::start() {
    hub_.follow([this] {
        looks_.hurry();
        notices_.tell(notice);
    });
    looks_.start([this] { return look(); });
}

Async<void> Follower::look() {
    try {
        co_await read();
    } catch (const std::exception& error) {
        telemetry::debug("the event log cannot be read: {}", error.what());
    }
}

// Below the oldest transaction that is still writing no event can appear any more.
Async<void> Follower::read() {
    const std::int64_t settled = co_await settled_transaction(db_);
    if (read_to_ > 0 && hub_.has_listeners()) {
        for (const OwnedEvent& each : co_await list_between(db_, read_to_, settled))
            hub_.deliver(each.owner_id, each);
    }
    read_to_ = settled;
}

}  // namespace zoetrope::events
