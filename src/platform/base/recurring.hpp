// Something that is done again and again on one I/O thread, until it is stopped.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <future>

#include "platform/base/timer.hpp"

namespace zoetrope {

class Recurring {
  public:
    Recurring(asio::io_context& io, std::chrono::milliseconds pause)
        : io_(io),
          pause_(pause),
          alarm_(io.get_executor()) {}

    // Any thread. `turn` does not throw.
    void start(std::function<Async<void>()> turn) {
        turn_ = std::move(turn);
        going_ = true;
        asio::co_spawn(io_.get_executor(), go_on(), asio::detached);
    }
    // Any thread: the next turn follows at once.
    void hurry() {
        asio::post(io_, [this] {
            hurried_ = true;
            alarm_.cancel();
        });
    }
    // From outside the I/O threads: returns when the turn that is under way is over.
    void stop() {
        std::promise<void> over;
        asio::post(io_, [this, &over] {
            stopping_ = true;
            alarm_.cancel();
            over_ = [&over] { over.set_value(); };
            if (!going_) std::exchange(over_, {})();
        });
        over.get_future().wait();
    }

  private:
    Async<void> go_on() {
        while (!stopping_) {
            hurried_ = false;
            co_await turn_();
            if (stopping_ || hurried_) continue;
            alarm_.expires_after(pause_);
            co_await alarm_.async_wait(with_error);
        }
        going_ = false;
        if (over_) std::exchange(over_, {})();
    }

    asio::io_context& io_;
    std::chrono::milliseconds pause_;
    Timer alarm_;
    std::function<Async<void>()> turn_;
    bool hurried_ = false;
    bool stopping_ = false;
    bool going_ = false;
    std::function<void()> over_;  // called when nothing goes on any more
};

}  // namespace zoetrope
