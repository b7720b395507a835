#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <future>
#include <random>

#include "platform/queue/store.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::queue {

namespace {

constexpr auto on_wake = asio::as_tuple(asio::deferred);

std::chrono::milliseconds backoff(const WorkersConfig& config, std::int64_t attempt) {
    const auto doubled =
        config.backoff_first * (std::int64_t(1) << std::min<std::int64_t>(attempt - 1, 20));
    const auto base = std::min<std::chrono::milliseconds>(doubled, config.backoff_max);
    thread_local std::minstd_rand random{std::random_device{}()};
    return base + std::chrono::milliseconds(
                      std::uniform_int_distribution<std::int64_t>(0, base.count() / 4)(random)
                  );
}

}  // namespace

Workers::Workers(WorkersConfig config, db::Pool& db, const Clock& clock, asio::io_context& io)
    : config_(std::move(config)),
      db_(db),
      clock_(clock),
      io_(io),
      alarm_(io.get_executor()),
      pulse_(io.get_executor()) {}

void Workers::handle(std::string kind, Handler handler) {
    handlers_[std::move(kind)] = std::move(handler);
}

void Workers::start() {
    looping_ = 2;
    asio::co_spawn(io_.get_executor(), loop(), asio::detached);
    asio::co_spawn(io_.get_executor(), keep_alive(), asio::detached);
}

void Workers::wake() {
    asio::post(io_, [this] { alarm_.cancel(); });
}

void Workers::interrupt(TaskId task) {
    asio::post(io_, [this, task] {
        if (const auto found = running_.find(task.value); found != running_.end()) {
            found->second->stop.request_stop();
        }
    });
}

void Workers::stop() {
    std::promise<void> quiet;
    asio::post(io_, [this, &quiet] {
        stopping_ = true;
        alarm_.cancel();
        pulse_.cancel();
        for (auto& [id, running] : running_) running->stop.request_stop();
        idle_ = [&quiet] { quiet.set_value(); };
        if (looping_ == 0) std::exchange(idle_, {})();
    });
    quiet.get_future().wait();
}

Async<void> Workers::join() {
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    node_ = co_await add_node(db_, std::string(host) + ":" + std::to_string(getpid()));
    if (config_.alone) co_await take_over_all(db_, config_.queue, clock_.now(), node_);
}

// Beats until the last task has been settled: a node that stops is not dead before it is done.
Async<void> Workers::keep_alive() {
    while (!stopping_ || !running_.empty()) {
        const auto now = std::chrono::steady_clock::now();
        try {
            if (node_ != NodeId{}) {
                co_await beat(db_, node_);
                if (!heard_) heard_since_ = now;
                heard_ = true;
                co_await rescue();
            }
        } catch (const std::exception& error) {
            heard_ = false;
            telemetry::warn("queue {}: no heartbeat: {}", config_.queue, error.what());
        }
        pulse_.expires_after(config_.heartbeat);
        co_await pulse_.async_wait(on_wake);
    }
    --looping_;
    if (looping_ == 0 && idle_) std::exchange(idle_, {})();
}

// While the database was away nobody could be heard, so at first nobody counts as silent.
Async<void> Workers::rescue() {
    if (std::chrono::steady_clock::now() - heard_since_ < config_.silence) co_return;
    const auto found = co_await take_over(db_, config_.queue, clock_.now(), config_.silence);
    if (found == 0) co_return;
    telemetry::warn("queue {}: {} tasks of dead nodes were taken over", config_.queue, found);
    alarm_.cancel();
}

Async<void> Workers::loop() {
    while (!stopping_) {
        try {
            if (node_ == NodeId{}) co_await join();
            co_await claim();
        } catch (const std::exception& error) {
            telemetry::warn("queue {} cannot claim: {}", config_.queue, error.what());
        }
        if (stopping_) break;
        alarm_.expires_after(config_.poll);
        co_await alarm_.async_wait(on_wake);
    }
    --looping_;
    pulse_.cancel();
    if (looping_ == 0 && idle_) std::exchange(idle_, {})();
}

Async<void> Workers::claim() {
    while (!stopping_ && running_.size() < config_.slots) {
        const auto free = std::int64_t(config_.slots - running_.size());
        const std::vector<Task> tasks =
            co_await claim_ready(db_, config_.queue, clock_.now(), free, node_);
        if (tasks.empty()) co_return;
        for (const Task& task : tasks) {
            auto running = std::make_shared<Running>();
            running_[task.id.value] = running;
            if (stopping_) running->stop.request_stop();  // claimed while stop() was on its way
            asio::co_spawn(io_.get_executor(), work(task, running), asio::detached);
        }
    }
}

Async<void> Workers::work(Task task, std::shared_ptr<Running> running) {
    const Outcome outcome = co_await attempt(task, running->stop.get_token());
    bool settled = false;
    while (!settled) {  // what was done must be written down, however long the database is away
        try {
            co_await settle(task, outcome);
            settled = true;
        } catch (const std::exception& error) {
            telemetry::warn("task {} cannot be settled yet: {}", task.id.value, error.what());
        }
        if (!settled) {
            if (stopping_) break;  // the next start takes it up again
            Timer pause(io_.get_executor(), config_.poll);
            co_await pause.async_wait(on_wake);
        }
    }
    running_.erase(task.id.value);
    alarm_.cancel();  // a slot is free
    if (stopping_ && running_.empty()) pulse_.cancel();
}

Async<Outcome> Workers::attempt(const Task& task, std::stop_token stop) {
    const auto handler = handlers_.find(task.kind);
    if (handler == handlers_.end()) co_return Discard{"nothing here handles " + task.kind};
    if (task.attempt > task.attempts_max)
        co_return Discard{"it was tried " + std::to_string(task.attempts_max) + " times"};
    Outcome outcome;
    try {
        outcome = co_await handler->second.run(task, stop);
    } catch (const std::exception& error) {
        outcome = Retry{error.what()};
    }
    if (const auto* retry = std::get_if<Retry>(&outcome)) {
        telemetry::warn(
            "task {} ({}) failed at attempt {}: {}",
            task.id.value,
            task.kind,
            task.attempt,
            retry->error
        );
    }
    co_return outcome;
}

Async<void> Workers::settle(const Task& task, const Outcome& outcome) {
    const Instant now = clock_.now();
    const Attempt attempt{task.id, task.attempt, node_};
    bool ours = true;
    if (std::holds_alternative<Done>(outcome)) {
        ours = co_await finish(db_, attempt, TaskState::completed, std::nullopt, now);
    } else if (std::holds_alternative<Cancelled>(outcome)) {
        if (stopping_) {  // nobody asked for it but the process's end
            ours = co_await hand_back(db_, attempt);
        } else {
            ours = co_await finish(db_, attempt, TaskState::cancelled, std::nullopt, now);
        }
    } else if (const auto* retry = std::get_if<Retry>(&outcome);
               retry && task.attempt < task.attempts_max) {
        ours = co_await retry_at(db_, attempt, retry->error, now + backoff(config_, task.attempt));
    } else {
        const std::string& error = retry ? retry->error : std::get<Discard>(outcome).error;
        const auto handler = handlers_.find(task.kind);
        if (handler != handlers_.end() && handler->second.gave_up)
            co_await handler->second.gave_up(task, error);
        ours = co_await finish(db_, attempt, TaskState::discarded, error, now);
    }
    if (!ours) telemetry::warn("task {}: another node took it over meanwhile", task.id.value);
}

}  // namespace zoetrope::queue
