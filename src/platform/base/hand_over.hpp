// A coroutine's work done by another thread: what it returns is returned, what it throws is thrown.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "platform/base/async.hpp"

namespace zoetrope {

// `post` takes a `void()` job to where it runs, once. `work` outlives the wait, because its caller
// waits too.
template <class F, class Post, class T = std::invoke_result_t<F&>>
Async<T> hand_over(F& work, Post post) {
    using Slot = std::unique_ptr<T>;  // T need not be default-constructible
    Slot slot = co_await wait_for<Slot>([&](Resolver<Slot> resolver) {
        post([&work, resolver = std::move(resolver)]() mutable {
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

}  // namespace zoetrope
