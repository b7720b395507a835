#include <algorithm>

#include "features/events/events.hpp"
#include "features/events/message.hpp"

namespace zoetrope::events {

namespace {

const auto resync = std::make_shared<const std::string>(resync_message);

}  // namespace

std::string sse_message(const Event& event) {
    std::string out = "id: " + std::to_string(event.id.value) + "\ndata: ";
    json::write(out, event);
    return out += "\n\n";
}

Listener::Listener(UserId owner, std::vector<std::string> topics, Executor executor)
    : owner_(owner),
      topics_(std::move(topics)),
      alarm_(executor) {}

bool Listener::wants(UserId owner, std::string_view topic) const {
    return owner == owner_ &&
           (topics_.empty() || std::ranges::find(topics_, topic) != topics_.end());
}

void Listener::deliver(std::shared_ptr<const std::string> message) {
    asio::post(
        alarm_.get_executor(),
        [self = shared_from_this(), message = std::move(message)]() mutable {
            if (self->waiting_.size() >= waiting_max) {
                self->waiting_.assign(1, resync);
            } else if (self->waiting_.empty() || self->waiting_.back() != resync) {
                self->waiting_.push_back(std::move(message));
            }
            self->alarm_.cancel();
        }
    );
}

void Listener::end() {
    asio::post(alarm_.get_executor(), [self = shared_from_this()] {
        self->ended_ = true;
        self->alarm_.cancel();
    });
}

Async<std::shared_ptr<const std::string>> Listener::next(std::chrono::seconds patience) {
    if (waiting_.empty() && !ended_) {
        alarm_.expires_after(patience);
        co_await alarm_.async_wait(with_error);
    }
    if (waiting_.empty()) co_return nullptr;
    auto message = std::move(waiting_.front());
    waiting_.pop_front();
    co_return message;
}

// A client that is gone is noticed at the next heartbeat, at the latest.
Result<limits::OpenPerUser::Permit> Hub::open_stream(UserId user, std::chrono::seconds heartbeat) {
    if (auto permit = streams_.take(user)) return permit;
    return std::unexpected(Error{
        .code = Code::limited,
        .message = "You have " + std::to_string(streams_.max()) +
                   " event streams open, and no more are allowed. Close a tab or a program that "
                   "listens, then try again.",
        .retry_after_s = int(heartbeat.count())
    });
}

void Hub::publish(UserId owner, const Event& event) {
    if (published_) return published_();
    deliver(owner, event);
}

bool Hub::has_listeners() const {
    const std::lock_guard lock(mutex_);
    return !listeners_.empty();
}

void Hub::deliver(UserId owner, const Event& event) {
    send(owner, event.topic, sse_message(event));
}

void Hub::publish_passing(
    UserId owner,
    const std::string& topic,
    const std::string& type,
    const std::string& subject,
    const std::string& data
) {
    send(
        owner,
        topic,
        R"(data: {"type":")" + type + R"(","topic":")" + topic + R"(","subject":")" + subject +
            R"(","data":)" + data + "}\n\n"
    );
}

void Hub::send(UserId owner, const std::string& topic, std::string message) {
    const auto shared = std::make_shared<const std::string>(std::move(message));
    const std::lock_guard lock(mutex_);
    for (const auto& listener : listeners_) {
        if (listener->wants(owner, topic)) listener->deliver(shared);
    }
}

void Hub::add(std::shared_ptr<Listener> listener) {
    const std::lock_guard lock(mutex_);
    if (stopped_) listener->end();
    listeners_.insert(std::move(listener));
}

void Hub::remove(const std::shared_ptr<Listener>& listener) {
    const std::lock_guard lock(mutex_);
    listeners_.erase(listener);
}

void Hub::stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (const auto& listener : listeners_) listener->end();
}

}  // namespace zoetrope::events
