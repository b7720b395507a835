// Coroutines on the I/O threads. Async<T> is bound to io_context's own executor type, never
// any_io_executor: the type-erased one costs an allocation and a virtual call at each suspension.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <utility>

namespace zoetrope {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;

template <class T>
using Async = asio::awaitable<T, Executor>;

inline constexpr asio::use_awaitable_t<Executor> use_async{};

// The waking end of one wait: called once, from any thread; the coroutine goes on in its own
// io_context.
template <class T>
class Resolver {
  public:
    using Handler = typename asio::
        async_result<asio::use_awaitable_t<Executor>, void(std::exception_ptr, T)>::handler_type;

    explicit Resolver(Handler&& handler)
        : handler_(std::move(handler)),
          work_(handler_.get_executor()) {}

    void resolve(T value) { finish(nullptr, std::move(value)); }
    void fail(std::exception_ptr error) { finish(std::move(error), T{}); }

  private:
    void finish(std::exception_ptr error, T value) {
        const Executor executor = handler_.get_executor();
        asio::post(
            executor,
            [handler = std::move(handler_), error = std::move(error), value = std::move(value)](
            ) mutable { handler(std::move(error), std::move(value)); }
        );
        work_.reset();
    }

    Handler handler_;
    asio::executor_work_guard<Executor> work_;  // the loop stays alive while somebody waits
};

// Suspends until the Resolver handed to `start` is called. `start` runs at once, on the calling
// thread. The wait itself cannot be cancelled: whoever holds the Resolver must call it.
template <class T, class Start>
Async<T> wait_for(Start start) {
    co_return co_await asio::
        async_initiate<const asio::use_awaitable_t<Executor>, void(std::exception_ptr, T)>(
            [](auto&& handler, Start begin) { begin(Resolver<T>(std::move(handler))); },
            use_async,
            std::move(start)
        );
}

}  // namespace zoetrope
