// A limit on how many coroutines do something at a time; the rest wait, the lowest rank first, and
// among equals who came first. All of them, and the giving back, on one I/O thread.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <stop_token>
#include <utility>

#include "platform/base/async.hpp"
#include "platform/base/timer.hpp"

namespace zoetrope {

class Turns;

// Held while it is one's turn; giving it up calls the next.
class Turn {
  public:
    explicit Turn(Turns* of = nullptr) : of_(of) {}
    Turn(Turn&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    Turn& operator=(Turn&& other) noexcept {
        std::swap(of_, other.of_);
        return *this;
    }
    inline ~Turn();
    explicit operator bool() const { return of_ != nullptr; }

  private:
    Turns* of_;
};

class Turns {
  public:
    using Rank = std::pair<std::int64_t, std::int64_t>;

    Turns(unsigned at_a_time, asio::io_context& io) : free_(at_a_time), io_(io) {}

    // Whether nobody has to wait.
    bool free() const { return free_ > 0; }
    // No turn when it was asked to stop meanwhile, or `until` came.
    Async<Turn> take(
        Rank rank = {},
        std::stop_token stop = {},
        Timer::time_point until = Timer::time_point::max()
    ) {
        if (free_ > 0) {
            --free_;
            co_return Turn(this);
        }
        const auto place = std::make_shared<Waiting>(io_, until);
        const auto queued = waiting_.emplace(rank, place);
        const std::stop_callback on_stop(stop, [this, place] {
            asio::post(io_, [place] { place->alarm.cancel(); });
        });
        co_await place->alarm.async_wait(with_error);
        if (place->called) co_return Turn(this);
        waiting_.erase(queued);
        co_return Turn();
    }

  private:
    friend class Turn;

    struct Waiting {
        Waiting(asio::io_context& io, Timer::time_point until) : alarm(io.get_executor(), until) {}
        Timer alarm;
        bool called = false;
    };

    void give_back() {
        if (waiting_.empty()) {
            ++free_;
            return;
        }
        const auto next = waiting_.extract(waiting_.begin()).mapped();
        next->called = true;
        next->alarm.cancel();
    }

    unsigned free_;
    asio::io_context& io_;
    std::multimap<Rank, std::shared_ptr<Waiting>> waiting_;
};

Turn::~Turn() {
    if (of_) of_->give_back();
}

}  // namespace zoetrope
