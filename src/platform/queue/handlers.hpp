// What a task's kind means: what runs it, and what is to be known of its end.
#pragma once

#include <functional>
#include <map>
#include <stop_token>
#include <variant>

#include "platform/queue/queue.hpp"

namespace zoetrope::queue {

// What a handler says of the engines that it had; each is a part of the time that it ran.
struct Usage {
    std::chrono::microseconds waited{0};     // for an engine
    std::chrono::microseconds engine{0};     // with one
    std::chrono::microseconds exclusive{0};  // of that: with what a node does one at a time
};

struct Done {
    Usage usage = {};
};
struct Retry {
    std::string error;
    std::chrono::microseconds after{0};  // 0: the queue's own backoff; else as the other side asked
};
// Not a failure: the attempt is not counted.
struct Snooze {
    std::chrono::microseconds pause;
};
struct Discard {
    std::string error;
};
struct Cancelled {};
// An effect that must not happen twice may have happened.
struct Unknown {
    std::string error;
};
using Outcome = std::variant<Done, Retry, Snooze, Discard, Cancelled, Unknown>;

// What a task that was given up is for once it is tried again.
struct Revived {
    std::optional<Share> share;
    std::function<void()> committed = {};  // called when it is true
};

struct Handler {
    // `stop` is set when the task is cancelled or the process ends.
    std::function<Async<Outcome>(Task, std::stop_token stop)> run;
    // Told when a task ends for good without being done or cancelled, before its row says so; may
    // be called again after a crash.
    std::function<Async<void>(Task, std::string error)> gave_up;
    // Takes back what gave_up did, in the transaction that makes the task available again. Nothing:
    // what it was for is gone, or goes on without it. Without this one it is simply run again.
    std::function<Async<std::optional<Revived>>(db::Transaction&, TaskId, json::Raw args, Instant)>
        revive = {};
};

// By kind; the same for all queues of a process. Filled before anything runs.
class Handlers {
  public:
    void add(std::string kind, Handler handler) { by_kind_[std::move(kind)] = std::move(handler); }
    const Handler* find(std::string_view kind) const {
        const auto found = by_kind_.find(kind);
        return found == by_kind_.end() ? nullptr : &found->second;
    }

  private:
    std::map<std::string, Handler, std::less<>> by_kind_;
};

}  // namespace zoetrope::queue
