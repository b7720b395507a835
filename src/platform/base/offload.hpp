// A bounded pool of threads for calls that block (files, hashing of bytes). The I/O threads hand
// work over and go on. It ends before the I/O threads whose coroutines it works for.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <type_traits>
#include <utility>

#include "platform/base/hand_over.hpp"

namespace zoetrope {

class Offload {
  public:
    explicit Offload(unsigned threads) : pool_(threads) {}
    ~Offload() { pool_.join(); }

    // Runs `work` on a thread of the pool and returns what it returns; what it throws is thrown
    // here.
    template <class F, class T = std::invoke_result_t<F&>>
    Async<T> run(F work) {
        if constexpr (std::is_void_v<T>) {
            co_await run([work = std::move(work)]() mutable { return work(), true; });
        } else {
            co_return co_await hand_over(work, [this](auto job) {
                asio::post(pool_, std::move(job));
            });
        }
    }

  private:
    asio::thread_pool pool_;
};

}  // namespace zoetrope
