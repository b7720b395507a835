// Threads for work that keeps a core busy (password hashing), at idle priority: they take what the
// I/O threads leave. The queue is bounded, so that who comes too late is told when to come again
// instead of waiting without end. It ends before the I/O threads whose coroutines it works for.
#pragma once

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

    // Runs `work` on a thread of the pool. Errors: limited when the queue is full, with the time
    // after which there is room, by the measured rate. What `work` throws is thrown here.
    template <class F, class T = std::invoke_result_t<F&>>
    Async<Result<T>> run(F work) {
        if (const int wait_s = full_for()) {
            Error error{.code = Code::limited, .message = "The server is busy. Try again shortly."};
            error.retry_after_s = wait_s;
            co_return std::unexpected(std::move(error));
        }
        co_return co_await hand_over(work, [this](auto job) { push(std::move(job)); });
    }
    Status status() const;

  private:
    using Job = std::move_only_function<void()>;
    using Time = std::chrono::steady_clock::time_point;
    // 0 takes a place in the queue, for the push() that follows; else seconds.
    int full_for();
    void push(Job job);
    void work();

    const std::size_t queue_max_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> jobs_;
    std::size_t places_ = 0;  // taken: queued, or about to be
    Status status_;
    Time promised_{};  // when the last one sent away will find its work done
    bool ending_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace zoetrope
