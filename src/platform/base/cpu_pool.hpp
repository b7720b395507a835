// Threads for work that keeps a core busy (password hashing), at idle priority: they take what the
// I/O threads leave. The queue is bounded, so that who comes too late is told when to come again
// instead of waiting without end. A part of the queue is kept for known callers, whose work
// alternates with everybody else's: a flood of strangers neither keeps them out nor makes them wait
// for all of it. The pool ends before the I/O threads whose coroutines it works for.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "platform/base/hand_over.hpp"
#include "platform/base/result.hpp"

namespace zoetrope {

// What this thread has had of its processor.
std::chrono::duration<double> thread_time();

class CpuPool {
  public:
    struct Status {
        std::size_t queued = 0;
        std::size_t running = 0;
        std::uint64_t done = 0;
        std::uint64_t refused = 0;
        double seconds_each = 0;  // of a processor, measured
    };

    // `first_guess`: what one piece of work takes, until some were measured.
    CpuPool(
        unsigned threads,
        std::size_t queue_max,
        std::chrono::duration<double> first_guess = std::chrono::milliseconds(50)
    );
    ~CpuPool();  // what is queued is still done

    enum class Origin : std::uint8_t { stranger, known };

    // A place in the queue; given back with the object, unless run() used it. May outlive the pool,
    // in the frame of a coroutine that is never resumed.
    class Place {
      public:
        Place(Place&&) = default;
        Place& operator=(Place&&) = delete;
        ~Place() {
            if (taken_) --*taken_;
        }

      private:
        friend class CpuPool;
        Place(std::shared_ptr<std::atomic<std::size_t>> taken, Origin origin)
            : taken_(std::move(taken)),
              origin_(origin) {}
        std::shared_ptr<std::atomic<std::size_t>> taken_;
        Origin origin_;
    };
    // Errors: limited when the queue is full, with the time after which there is room, by the
    // measured rate.
    Result<Place> reserve(Origin origin);

    // Runs `work` on a thread of the pool. What `work` throws is thrown here.
    template <class F, class T = std::invoke_result_t<F&>>
    Async<T> run(Place place, F work) {
        co_return co_await hand_over(work, [this, &place](auto job) {
            push(place, std::move(job));
        });
    }
    // The same with a place of its own. Errors: as reserve().
    template <class F, class T = std::invoke_result_t<F&>>
    Async<Result<T>> run(Origin origin, F work) {
        CO_TRY(Place place, reserve(origin));
        co_return co_await run(std::move(place), std::move(work));
    }
    Status status() const;

  private:
    using Job = std::move_only_function<void()>;
    using Time = std::chrono::steady_clock::time_point;
    int full_for(Origin origin);  // 0: a place is taken; else seconds
    void push(Place& place, Job job);
    Job next_job();
    void work();

    const std::size_t queue_max_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::array<std::deque<Job>, 2> jobs_;  // by origin
    std::size_t turn_ = 0;                 // whose job is next when both wait
    // Taken: queued, or about to be. Only grows under the mutex.
    const std::shared_ptr<std::atomic<std::size_t>> places_ =
        std::make_shared<std::atomic<std::size_t>>(0);
    Status status_;
    Time promised_{};  // when the last one sent away will find its work done
    bool ending_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace zoetrope
