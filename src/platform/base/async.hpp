// Coroutines on the I/O threads. Async<T> is bound to io_context's own executor type, never
// any_io_executor: the type-erased one costs an allocation and a virtual call at each suspension.
#pragma once

#include <algorithm>
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

template <class T>
class Wakes;

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
    void resolve(T value, Wakes<T>& wakes) {
        wakes.add(std::move(*this), nullptr, std::move(value));
    }
    void fail(std::exception_ptr error, Wakes<T>& wakes) {
        wakes.add(std::move(*this), std::move(error), T{});
    }

  private:
    friend Wakes<T>;

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

// Waits that end together: each context is told once, which saves a switch of threads for each.
template <class T>
class Wakes {
  public:
    void add(Resolver<T> wait, std::exception_ptr error, T value) {
        const Executor executor = wait.executor();
        auto known = std::ranges::find(contexts_, executor, &Context::executor);
        if (known == contexts_.end()) known = contexts_.insert(known, {executor, {}});
        known->ended.push_back({std::move(wait), std::move(error), std::move(value)});
    }
    void send() {
        for (auto& [executor, ended] : contexts_) {
            asio::post(executor, [all = std::move(ended)]() mutable {
                for (Ended& each : all)
                    each.wait.handler_(std::move(each.error), std::move(each.value));
            });
        }
        contexts_.clear();
    }

  private:
    struct Ended {
        Resolver<T> wait;
        std::exception_ptr error;
        T value;
    };
    struct Context {
        Executor executor;
        std::vector<Ended> ended;
    };

    std::vector<Context> contexts_;
};

// Suspends until the Resolver handed to `start` is called. `start` runs at once, on the calling
// thread. The wait itself cannot be cancelled: whoever holds the Resolver must call it. What is
// given to be kept lives as long as the wait.
template <class T, class Start, class... Kept>
Async<T> wait_for(Start start, [[maybe_unused]] Kept... kept) {
    return asio::async_initiate<const asio::use_awaitable_t<Executor>, void(std::exception_ptr, T)>(
        [](auto&& handler, Start&& begin, Kept&&...) { begin(Resolver<T>(std::move(handler))); },
        use_async,
        std::move(start),
        std::move(kept)...
    );
}

}  // namespace zoetrope
