// Asks that go together: what comes while a batch is on its way is the next one.
//
// The first goes at once, with what else comes in the same turn of the loop: nobody waits for
// company. What comes meanwhile is collected, and goes when the batch before is done, when there
// are `size_max` of them, or when the first of them has waited `wait_max`: the latter two beside
// what is still on its way. Each asker gets its own answer, or what the whole batch threw.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "platform/base/timer.hpp"

namespace zoetrope {

struct BatcherConfig {
    std::size_t size_max = 10;                // in a batch
    std::chrono::milliseconds wait_max{100};  // of the first in a batch
};

template <class In, class Out>
class Batcher {
  public:
    // An answer for each, in their order.
    using Work = std::function<Async<std::vector<Out>>(std::vector<In>)>;

    // What waits is kept, and `work` begins, on `executor`. It outlives every ask.
    Batcher(Executor executor, const BatcherConfig& config, Work work)
        : executor_(executor),
          config_(config),
          work_(std::move(work)),
          patience_(executor) {}

    // From any thread.
    Async<Out> ask(In in) {
        co_return co_await wait_for<Out>([&](Resolver<Out> done) {
            asio::dispatch(executor_, [this, in = std::move(in), done = std::move(done)]() mutable {
                add(std::move(in), std::move(done));
            });
        });
    }

  private:
    struct Batch {
        std::vector<In> in;
        std::vector<Resolver<Out>> done;
    };

    void add(In in, Resolver<Out> done) {
        next_.in.push_back(std::move(in));
        next_.done.push_back(std::move(done));
        if (next_.in.size() >= config_.size_max) return send();
        if (next_.in.size() > 1) return;
        if (on_their_way_ == 0) return asio::post(executor_, [this] { send(); });
        patience_.expires_after(config_.wait_max);
        patience_.async_wait([this](boost::system::error_code error) {
            if (!error) send();
        });
    }

    void send() {
        patience_.cancel();
        if (next_.in.empty()) return;
        ++on_their_way_;
        asio::co_spawn(executor_, run(std::exchange(next_, {})), asio::detached);
    }

    Async<void> run(Batch batch) {
        const std::size_t count = batch.done.size();
        std::vector<Out> answers;
        std::exception_ptr failed;
        try {
            answers = co_await work_(std::move(batch.in));
            if (answers.size() != count)
                throw std::logic_error("an ask was left without an answer");
        } catch (...) {
            failed = std::current_exception();
        }
        Wakes<Out> wakes;
        for (std::size_t i = 0; i < count; ++i) {
            if (failed) {
                batch.done[i].fail(failed, wakes);
            } else {
                batch.done[i].resolve(std::move(answers[i]), wakes);
            }
        }
        --on_their_way_;
        if (on_their_way_ == 0) send();
        wakes.send();
    }

    const Executor executor_;
    const BatcherConfig config_;
    const Work work_;
    Timer patience_;  // of the first of the next
    Batch next_;
    int on_their_way_ = 0;
};

}  // namespace zoetrope
