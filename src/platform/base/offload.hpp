// A bounded pool of threads for calls that block (files, hashing of bytes). The I/O threads hand
// work over and go on.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <type_traits>
#include <utility>

#include "platform/base/async.hpp"

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
            using Slot = std::unique_ptr<T>;  // T need not be default-constructible
            Slot slot = co_await wait_for<Slot>([this, &work](Resolver<Slot> resolver) {
                asio::post(pool_, [&work, resolver = std::move(resolver)]() mutable {
                    Slot made;
                    std::exception_ptr error;
                    try {
                        made = std::make_unique<T>(work());
                    } catch (...) {
                        error = std::current_exception();
                    }
                    if (error) {
                        resolver.fail(std::move(error));
                    } else {
                        resolver.resolve(std::move(made));
                    }
                });
            });
            co_return std::move(*slot);
        }
    }

  private:
    asio::thread_pool pool_;
};

}  // namespace zoetrope
