#include "platform/queue/workers.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <future>
#include <random>
#include <set>

#include "platform/base/stopwatch.hpp"
#include "platform/base/text.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::queue {

namespace {

Attempt of(const Task& task) { return {task.id, task.attempt, task.node_id}; }

// That a process died is not the task's failure, and costs it no time.
std::chrono::microseconds backoff(const WorkersConfig& config, const Task& task) {
    const auto doubled =
        config.backoff_first * (std::int64_t(1) << std::min<std::int64_t>(task.failures(), 20));
    const auto base = std::min<std::chrono::milliseconds>(doubled, config.backoff_max);
    thread_local std::minstd_rand random{std::random_device{}()};
    return base + std::chrono::milliseconds(
                      std::uniform_int_distribution<std::int64_t>(0, base.count() / 4)(random)
                  );
}

// Moved in one statement, once the one before is through: they wait for nothing but that.
constexpr BatcherConfig together{.size_max = 256, .wait_max = std::chrono::hours(1)};

// What a handler or a library says, as both databases can hold it.
std::string storable(std::string_view error) {
    std::string out = valid_utf8(error);
    std::erase(out, '\0');
    return out;
}

}  // namespace

Workers::Workers(
    WorkersConfig config,
    const Handlers& handlers,
    Node& node,
    db::Pool& db,
    const Clock& clock,
    asio::io_context& io
)
    : config_(std::move(config)),
      handlers_(handlers),
      node_(node),
      db_(db),
      clock_(clock),
      io_(io),
      alarm_(io.get_executor()),
      ends_(io.get_executor(), together, [this](std::vector<Ended> all) {
          return finish(std::move(all));
      }) {
    node.tell([this] { look(); });
}

void Workers::start() {
    looping_ = true;
    asio::co_spawn(io_.get_executor(), loop(), asio::detached);
}

void Workers::resize(unsigned slots, unsigned prefetch) {
    if (slots == config_.slots && prefetch == config_.prefetch) return;
    config_.slots = slots;
    config_.prefetch = prefetch;
    begin_ready();
    look();
}

void Workers::wake() {
    asio::post(io_, [this] { look(); });
}

void Workers::look() {
    woken_ = true;
    alarm_.cancel();
}

void Workers::interrupt(TaskId task) {
    asio::post(io_, [this, task] {
        for (auto at = held_.lower_bound({task.value, 0});
             at != held_.end() && at->first.first == task.value;
             ++at)
            at->second->stop.request_stop();
    });
}

void Workers::close() {
    asio::post(io_, [this] {
        closing_ = true;
        alarm_.cancel();
        begin_ready();  // only to hand them back
    });
}

void Workers::stop() {
    close();
    std::promise<void> quiet;
    asio::post(io_, [this, &quiet] {
        stopping_ = true;
        for (auto& [id, held] : held_) held->stop.request_stop();
        idle_ = [&quiet] { quiet.set_value(); };
        tell_when_idle();
    });
    quiet.get_future().wait();
}

Async<void> Workers::loop() {
    while (!closing_) {
        woken_ = false;
        try {
            co_await promote_due();
            co_await put_back_lost();
            co_await claim();
        } catch (const std::exception& error) {
            lost_until_ = clock_.now() + late_max;
            lost_look_at_ = {};
            telemetry::warn("queue {} cannot claim: {}", config_.queue, error.what());
        }
        if (closing_ || woken_) continue;
        alarm_.expires_after(pause());
        co_await alarm_.async_wait(with_error);
    }
    looping_ = false;
    tell_when_idle();
}

std::chrono::microseconds Workers::pause() const {
    const std::chrono::microseconds until_due(look_due_at_.us - clock_.now().us);
    return std::clamp<std::chrono::microseconds>(until_due, {}, config_.poll);
}

void Workers::tell_when_idle() {
    if (!looping_ && held_.empty() && idle_) std::exchange(idle_, {})();
}

// Others' tasks with a time of their own are found by a look a poll; ours are known.
Async<void> Workers::promote_due() {
    const Instant now = clock_.now();
    if (now < look_due_at_) co_return;
    look_due_at_ = now + config_.poll;
    if (!joined()) co_return;
    auto due = co_await next_due(db_, config_.queue);
    while (due && *due <= now) {
        // None: somebody else has them in hand.
        if (co_await promote(db_, config_.queue, now, promoted_max) == 0) co_return;
        due = co_await next_due(db_, config_.queue);
    }
    if (due) look_due_at_ = std::min(look_due_at_, *due);
}

void Workers::due_at(Instant when) {
    look_due_at_ = std::min(look_due_at_, when);
    look();
}

// A claim that failed here may have come true there. Nobody else would ever look for its tasks:
// this node lives.
Async<void> Workers::put_back_lost() {
    const Instant now = clock_.now();
    if (now >= lost_until_ || now < lost_look_at_ || !joined()) co_return;
    lost_look_at_ = now + config_.poll;
    std::vector<TaskId> held;
    held.reserve(held_.size());
    for (const auto& [key, each] : held_) held.push_back(each->task.id);
    const auto found =
        co_await queue::put_back_lost(db_, node_.id(), config_.queue, held, clock_.now());
    if (found > 0) telemetry::warn("{} tasks came with an answer that was lost", found);
}

Async<void> Workers::claim() {
    std::size_t held_max = std::size_t(config_.slots) * config_.prefetch;
    if (config_.held_max > 0) held_max = std::min(held_max, config_.held_max);
    while (joined() && !closing_ && held_.size() < held_max) {
        const auto free = std::int64_t(std::min(held_max - held_.size(), claimed_max));
        const std::vector<Task> tasks = co_await claim_up_to(free);
        if (tasks.empty()) co_return;
        for (const Task& task : tasks) {
            const auto& held = held_[{task.id.value, task.attempt}] = std::make_shared<Held>(task);
            ready_.push_back(held);
        }
        holding_ = held_.size();
        begin_ready();
    }
}

Async<std::vector<Task>> Workers::claim_up_to(std::int64_t limit) {
    const Instant now = clock_.now();
    if (config_.running_per_owner == 0)
        return claim_available(db_, config_.queue, now, limit, node_.id());
    return claim_within(db_, config_.queue, now, limit, node_.id(), config_.running_per_owner);
}

void Workers::begin_ready() {
    // At least one, so that what is held comes to its end when no slot is left.
    while (!ready_.empty() && (closing_ || busy_ < std::max(config_.slots, 1U))) {
        ++busy_;
        auto next = std::move(ready_.front());
        ready_.pop_front();  // first: what is spawned begins at once, and may come here again
        asio::co_spawn(io_.get_executor(), work(std::move(next)), asio::detached);
    }
}

Async<void> Workers::work(std::shared_ptr<Held> held) {
    const Task& task = held->task;
    const bool begins = !closing_;
    Attempted attempted;
    if (begins) attempted = co_await attempt(task, held->stop.get_token());
    --busy_;
    begin_ready();
    bool settled = false;
    while (!settled) {  // what was done must be written down, however long the database is away
        try {
            if (!co_await (begins ? settle(task, attempted) : hand_back(db_, of(task))))
                telemetry::warn("task {}: another node took it over meanwhile", task.id.value);
            settled = true;
        } catch (const std::exception& error) {
            telemetry::warn("task {} cannot be settled yet: {}", task.id.value, error.what());
        }
        if (!settled) {
            if (stopping_) break;  // the next start takes it up again
            Timer pause(io_.get_executor(), config_.poll);
            co_await pause.async_wait(with_error);
        }
    }
    held_.erase({task.id.value, task.attempt});
    holding_ = held_.size();
    look();  // there is room for another
    tell_when_idle();
}

Async<Workers::Attempted> Workers::attempt(const Task& task, std::stop_token stop) {
    const Handler* handler = handlers_.find(task.kind);
    if (!handler) co_return Discard{"nothing here handles " + task.kind};
    if (task.effect_at) co_return Unknown{"the process that ran it died when its effect had begun"};
    if (task.crashes >= config_.crashes_max)
        co_return Discard{"its process died " + std::to_string(task.crashes) + " times"};
    if (task.attempt > task.attempts_max)
        co_return Discard{"it was tried " + std::to_string(task.attempts_max) + " times"};
    Attempted attempted;
    const Stopwatch stopwatch;
    try {
        attempted.outcome = co_await handler->run(task, stop);
        attempted.interrupted = std::holds_alternative<Cancelled>(attempted.outcome);
    } catch (const std::exception& error) {
        attempted = {Retry{error.what()}, true};
    }
    attempted.ran = stopwatch.elapsed();
    if (const auto* retry = std::get_if<Retry>(&attempted.outcome)) {
        telemetry::warn(
            "task {} ({}) failed at attempt {}: {}",
            task.id.value,
            task.kind,
            task.attempt,
            retry->error
        );
    }
    co_return attempted;
}

// False when another attempt has the task.
Async<bool> Workers::settle(const Task& task, const Attempted& attempted) {
    const Instant now = clock_.now();
    const Outcome& outcome = attempted.outcome;
    if (attempted.interrupted && co_await has_begun_effect(db_, of(task)))
        co_return co_await give_up(
            task, TaskState::unknown, "it was interrupted when its effect had begun"
        );
    if (const auto* done = std::get_if<Done>(&outcome))
        co_return co_await complete(task, done->usage, attempted.ran);
    if (std::holds_alternative<Cancelled>(outcome)) {
        if (!stopping_) co_return co_await end(task, TaskState::cancelled);
        co_return co_await hand_back(db_, of(task));  // nobody asked for it but the process's end
    }
    if (const auto* snooze = std::get_if<Snooze>(&outcome)) {
        const Instant again = now + snooze->pause;
        const bool ours = co_await snooze_until(db_, of(task), again);
        due_at(again);
        co_return ours;
    }
    if (const auto* unknown = std::get_if<Unknown>(&outcome))
        co_return co_await give_up(task, TaskState::unknown, unknown->error);
    if (const auto* discard = std::get_if<Discard>(&outcome))
        co_return co_await give_up(task, TaskState::discarded, discard->error);
    const Retry& retry = std::get<Retry>(outcome);
    if (task.attempt >= task.attempts_max)
        co_return co_await give_up(task, TaskState::discarded, retry.error);
    const Instant again = now + (retry.after.count() > 0 ? retry.after : backoff(config_, task));
    const bool ours = co_await retry_at(db_, of(task), storable(retry.error), again);
    due_at(again);
    co_return ours;
}

Async<bool> Workers::give_up(const Task& task, TaskState state, const std::string& error) {
    const std::string said = storable(error);
    const Handler* handler = handlers_.find(task.kind);
    if (handler && handler->gave_up) co_await handler->gave_up(task, said);
    co_return co_await end(task, state, said);
}

// Whether each was still ours.
Async<std::vector<bool>> Workers::finish(std::vector<Ended> ended) {
    const auto moved = co_await finish_all(db_, ended, clock_.now());
    const std::set<TaskId> ours(moved.begin(), moved.end());
    std::vector<bool> out;
    out.reserve(ended.size());
    for (const Ended& each : ended) out.push_back(ours.contains(each.id));
    co_return out;
}

Async<bool> Workers::complete(const Task& task, const Usage& usage, std::chrono::microseconds ran) {
    Ended ended{
        .id = task.id,
        .attempt = task.attempt,
        .node_id = task.node_id,
        .state = TaskState::completed,
        .ran_us = ran.count()
    };
    if ((usage.waited + usage.engine).count() > 0) {
        ended.waited_us = usage.waited.count();
        ended.engine_us = usage.engine.count();
        ended.exclusive_us = usage.exclusive.count();
    }
    co_return co_await ends_.ask(std::move(ended));
}

Async<bool> Workers::end(const Task& task, TaskState state, std::optional<std::string> error) {
    co_return co_await ends_.ask(
        {.id = task.id,
         .attempt = task.attempt,
         .node_id = task.node_id,
         .state = state,
         .error = std::move(error)}
    );
}

}  // namespace zoetrope::queue
