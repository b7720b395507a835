// Coroutines on the I/O threads. Async<T> is bound to io_context's own executor type, never
// any_io_executor: the type-erased one costs an allocation and a virtual call at each suspension.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace zoetrope {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;

template <class T>
using Async = asio::awaitable<T, Executor>;

inline constexpr asio::use_awaitable_t<Executor> use_async{};
// An await that answers its error beside its value, instead of throwing it.
inline constexpr auto with_error = asio::as_tuple(asio::deferred);

// Waits that end together: each context is told once, which saves a switch of threads for each.
class Wakes {
  public:
    using Call = std::move_only_function<void()>;
    void add(const Executor& executor, Call call) {
        for (auto& [known, calls] : calls_) {
            if (known == executor) return calls.push_back(std::move(call));
        }
        calls_.emplace_back(executor, std::vector<Call>{}).second.push_back(std::move(call));
    }
    void send() {
        for (auto& [executor, calls] : calls_) {
            asio::post(executor, [all = std::move(calls)]() mutable {
                for (Call& call : all) call();
            });
        }
        calls_.clear();
    }

  private:
    std::vector<std::pair<Executor, std::vector<Call>>> calls_;
};

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

    Executor executor() const { return handler_.get_executor(); }
    void resolve(T value) { finish(nullptr, std::move(value)); }
    void fail(std::exception_ptr error) { finish(std::move(error), T{}); }
    // With others, when `wakes` is sent.
    void resolve(T value, Wakes& wakes) { finish(nullptr, std::move(value), wakes); }
    void fail(std::exception_ptr error, Wakes& wakes) { finish(std::move(error), T{}, wakes); }

  private:
    auto call(std::exception_ptr error, T value) {
        return [handler = std::move(handler_), error = std::move(error), value = std::move(value)](
               ) mutable { handler(std::move(error), std::move(value)); };
    }
    void finish(std::exception_ptr error, T value) {
        const Executor executor = handler_.get_executor();
        asio::post(executor, call(std::move(error), std::move(value)));
        work_.reset();
    }
    void finish(std::exception_ptr error, T value, Wakes& wakes) {
        const Executor executor = handler_.get_executor();
        wakes.add(
            executor,
            [call = call(std::move(error), std::move(value)), work = std::move(work_)]() mutable {
                call();
            }
        );
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
