// A limit of one at a time for each user, for requests that are dear. While one runs, one more
// waits for its end; a newer one takes the place of the one that waits, which gets no permit. So a
// search as you type, which leaves its last request behind and sends the next, is served, and
// whoever sends many at once gets one answer. Any I/O thread; of this process only.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "platform/base/async.hpp"
#include "platform/base/timer.hpp"

namespace zoetrope::limits {

class OneAtATime {
  public:
    // Held while the request runs.
    class Permit {
      public:
        explicit Permit(OneAtATime* of = nullptr, std::int64_t user = 0) : of_(of), user_(user) {}
        Permit(Permit&& other) noexcept
            : of_(std::exchange(other.of_, nullptr)),
              user_(other.user_) {}
        Permit& operator=(Permit&&) = delete;
        ~Permit() {
            if (of_) of_->give_back(user_);
        }
        explicit operator bool() const { return of_ != nullptr; }

      private:
        OneAtATime* of_;
        std::int64_t user_;
    };

    // An empty one after `wait_max`, or when a newer request took the place.
    Async<Permit> take(std::int64_t user, std::chrono::milliseconds wait_max) {
        const auto own = std::make_shared<Waiting>(co_await asio::this_coro::executor, wait_max);
        {
            const std::lock_guard lock(mutex_);
            const auto [at, is_free] = running_.try_emplace(user);
            if (is_free) co_return Permit(this, user);
            if (const auto replaced = std::exchange(at->second, own)) wake(replaced);
        }
        co_await own->alarm.async_wait(with_error);
        const std::lock_guard lock(mutex_);
        if (own->called) co_return Permit(this, user);
        if (const auto at = running_.find(user); at != running_.end() && at->second == own)
            at->second.reset();
        co_return Permit();
    }

  private:
    struct Waiting {
        Waiting(const Executor& executor, std::chrono::milliseconds wait_max)
            : alarm(executor, Timer::clock_type::now() + wait_max) {}
        Timer alarm;
        bool called = false;
    };

    // On its own thread.
    static void wake(const std::shared_ptr<Waiting>& waiting) {
        asio::post(waiting->alarm.get_executor(), [waiting] { waiting->alarm.cancel(); });
    }
    void give_back(std::int64_t user) {
        const std::lock_guard lock(mutex_);
        const auto at = running_.find(user);
        const auto next = std::exchange(at->second, nullptr);
        if (!next) {
            running_.erase(at);
            return;
        }
        next->called = true;
        wake(next);
    }

    std::mutex mutex_;
    std::unordered_map<std::int64_t, std::shared_ptr<Waiting>> running_;  // and who waits behind it
};

}  // namespace zoetrope::limits
