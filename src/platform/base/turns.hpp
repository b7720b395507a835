// A limit on how many coroutines do something at a time; the rest wait, first come, first served.
// All of them, and the giving back, on one I/O thread.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <utility>

#include "platform/base/async.hpp"
#include "platform/base/timer.hpp"

namespace zoetrope {

class Turns;

// Held while it is one's turn; giving it up wakes the next.
class Turn {
  public:
    explicit Turn(Turns* of = nullptr) : of_(of) {}
    Turn(Turn&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    Turn& operator=(Turn&& other) noexcept {
        std::swap(of_, other.of_);
        return *this;
    }
    inline ~Turn();

  private:
    Turns* of_;
};

class Turns {
  public:
    Turns(unsigned at_a_time, asio::io_context& io) : free_(at_a_time), io_(io) {}

    Async<Turn> take() {
        if (free_ > 0) {
            --free_;
        } else {
            auto called = std::make_shared<Timer>(io_.get_executor(), Timer::time_point::max());
            waiting_.push_back(called);
            co_await called->async_wait(asio::as_tuple(asio::deferred));
        }
        co_return Turn(this);
    }

  private:
    friend class Turn;

    void give_back() {
        if (waiting_.empty()) {
            ++free_;
        } else {
            waiting_.front()->cancel();
            waiting_.pop_front();
        }
    }

    unsigned free_;
    asio::io_context& io_;
    std::deque<std::shared_ptr<Timer>> waiting_;
};

Turn::~Turn() {
    if (of_) of_->give_back();
}

}  // namespace zoetrope
