#include "features/workers/tasks.hpp"

#include <algorithm>

#include "platform/base/json/read.hpp"
#include "platform/base/timer.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::workers {

namespace {

constexpr std::chrono::milliseconds look_pause{250};
constexpr std::int64_t crashes_max = 3;  // as of our own workers

std::unexpected<Error> gone() { return not_found("There is no such worker. Register it again."); }

std::unexpected<Error> lost() {
    return conflict("This worker does not run this task any more; drop what it made.");
}

std::unexpected<Error> too_many_claims(const Deps& deps) {
    return std::unexpected(Error{
        .code = Code::limited,
        .message =
            "You have " + std::to_string(deps.claims.max()) +
            " claims waiting, the maximum (workers-per-user). Let each worker hold one claim "
            "at a time.",
        .retry_after_s = 1
    });
}

Async<void> end(
    Deps& deps, const queue::Task& task, queue::TaskState state, const std::string& error
) {
    const auto why = error.empty() ? std::nullopt : std::optional(error);
    co_await queue::end(db_of(deps), task, state, why, now_of(deps));
}

Async<void> give_up(
    Deps& deps, const queue::Task& task, const generation::Job& job, const std::string& error
) {
    co_await generation::fail(deps.generation, task, job, error);
    co_await end(deps, task, queue::TaskState::discarded, error);
}

std::string url_of(const queue::Task& task, const std::string& input) {
    return "/api/v1/workers/" + std::to_string(task.node_id.value) + "/tasks/" +
           std::to_string(task.id.value) + "/inputs/" + input;
}

// Nothing when it is over before it began.
Async<std::optional<Assignment>> begin(Deps& deps, const queue::Task& task) {
    const auto job = co_await generation::find_job_of(db_of(deps), task);
    if (!job) {
        co_await end(deps, task, queue::TaskState::discarded, "its generation is gone");
        co_return std::nullopt;
    }
    if (task.crashes >= crashes_max || task.attempt > task.attempts_max) {
        const std::string tries = std::to_string(task.crashes) + " workers that had it fell silent";
        co_await give_up(deps, task, *job, tries);
        co_return std::nullopt;
    }
    if (!co_await generation::begin(deps.generation, task, *job)) {
        co_await end(deps, task, queue::TaskState::completed, "");
        co_return std::nullopt;
    }
    if (const auto room = co_await generation::has_room(deps.generation, *job); !room) {
        co_await give_up(deps, task, *job, room.error().message);
        co_return std::nullopt;
    }
    Assignment out{task.id, task.attempt, job->id, job->model, job->inputs, {}};
    const auto files = co_await generation::files_of(deps.generation, *job);
    if (!files) {
        co_await give_up(deps, task, *job, files.error().message);
        co_return std::nullopt;
    }
    for (const auto& file : *files) {
        out.files.push_back(
            {file.input, file.asset.name, file.asset.media_type, url_of(task, file.input)}
        );
    }
    co_return out;
}

// One that cannot begin now does not keep the others from it.
Async<std::optional<Assignment>> begin_or_put_back(Deps& deps, const queue::Task& task) {
    try {
        co_return co_await begin(deps, task);
    } catch (const std::exception& error) {
        telemetry::warn("task {} cannot be given away: {}", task.id.value, error.what());
    }
    co_await queue::put_back(db_of(deps), task);
    co_return std::nullopt;
}

}  // namespace

std::vector<std::string> queues_of(const Worker& worker) {
    std::vector<std::string> out;
    for (const std::string& model : worker.models) {
        if (worker.region) out.push_back(generation::remote_queue(model, *worker.region));
        out.push_back(generation::remote_queue(model));
    }
    return out;
}

std::vector<Worker> shown(std::vector<queue::RemoteNode> nodes) {
    std::vector<Worker> out;
    for (queue::RemoteNode& node : nodes) {
        auto worker = json::read<Worker>(node.facts.text);
        if (!worker) continue;
        worker->id = node.id;
        worker->owner_id = node.owner_id;
        worker->alive = node.alive == 1;
        worker->running = node.running;
        worker->heartbeat_at = node.heartbeat_at;
        out.push_back(std::move(*worker));
    }
    return out;
}

Async<Result<Worker>> find(Deps& deps, NodeId id) {
    std::vector<queue::RemoteNode> nodes;
    if (auto node = co_await queue::find_remote(db_of(deps), id)) nodes.push_back(*std::move(node));
    auto found = shown(std::move(nodes));
    if (found.empty()) co_return gone();
    co_return std::move(found.front());
}

Async<Result<Worker>> find_own(Deps& deps, UserId owner, NodeId id) {
    CO_TRY(Worker worker, co_await find(deps, id));
    if (worker.owner_id != owner) co_return gone();
    co_return worker;
}

Async<Result<std::vector<Assignment>>> claim(
    Deps& deps,
    const http::Caller& caller,
    NodeId id,
    std::int64_t limit,
    std::chrono::milliseconds wait
) {
    const auto permit = deps.claims.take(caller.user);
    if (!permit) co_return too_many_claims(deps);
    const auto executor = co_await asio::this_coro::executor;
    const auto until = std::chrono::steady_clock::now() + wait;
    std::vector<Assignment> out;
    while (true) {
        if (!caller.still_stands(now_of(deps)))
            co_return failure(
                Code::unauthenticated, "This key or session has ended. Sign in again."
            );
        CO_TRY(const Worker worker, co_await find_own(deps, caller.user, id));
        if (!co_await queue::beat_remote(db_of(deps), id)) co_return gone();
        const std::int64_t room = std::min(limit, worker.capacity - worker.running);
        const auto tasks =
            co_await queue::claim_from(db_of(deps), queues_of(worker), room, id, now_of(deps));
        for (const queue::Task& task : tasks) {
            if (auto begun = co_await begin_or_put_back(deps, task))
                out.push_back(*std::move(begun));
        }
        if (!out.empty() || std::chrono::steady_clock::now() + look_pause > until) co_return out;
        Timer pause(executor, look_pause);
        co_await pause.async_wait(with_error);
    }
}

static Result<void> check(const Worker& worker, const std::vector<Standing>& tasks) {
    if (std::ssize(tasks) > worker.capacity) {
        return invalid(
            "tasks",
            "must be at most " + std::to_string(worker.capacity) + ", the worker's capacity"
        );
    }
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        if (!is_label(tasks[i].stage))
            return invalid(
                "tasks[" + std::to_string(i) + "].stage",
                "must be one line of at most 100 characters"
            );
    }
    return {};
}

static Async<Result<Held>> held_by(
    Deps& deps, NodeId worker, TaskId id, std::optional<std::int64_t> attempt
) {
    auto task = co_await queue::find_held(db_of(deps), id, worker);
    if (!task || (attempt && task->attempt != *attempt)) co_return lost();
    auto job = co_await generation::find_job_of(db_of(deps), *task);
    if (!job) co_return lost();
    co_return Held{*std::move(task), *std::move(job)};
}

Async<Result<std::vector<TaskId>>> heartbeat(
    Deps& deps, UserId owner, NodeId id, const std::vector<Standing>& tasks
) {
    CO_TRY(const Worker worker, co_await find_own(deps, owner, id));
    CO_CHECK(check(worker, tasks));
    if (!co_await queue::beat_remote(db_of(deps), id)) co_return gone();
    std::vector<TaskId> stopped, listed;
    for (const Standing& each : tasks) {
        listed.push_back(each.task_id);
        const auto held = co_await held_by(deps, id, each.task_id, each.attempt);
        // One that was made again has another task by now.
        if (held && held->job.state == generation::State::running &&
            held->job.task_id == held->task.id) {
            const double progress = std::clamp(each.progress, 0.0, 1.0);
            const generation::Job& job = held->job;
            co_await deps.generation.progress.set_remote(
                job.owner_id, job.id, progress, each.stage
            );
            continue;
        }
        if (held) co_await end(deps, held->task, queue::TaskState::cancelled, "");
        stopped.push_back(each.task_id);
    }
    co_await queue::put_back_unlisted(
        db_of(deps), id, listed, now_of(deps) - std::chrono::microseconds(deps.patience)
    );
    co_return stopped;
}

Async<Result<Held>> find_held(
    Deps& deps, UserId owner, NodeId worker, TaskId id, std::optional<std::int64_t> attempt
) {
    CO_CHECK(co_await find_own(deps, owner, worker));
    co_return co_await held_by(deps, worker, id, attempt);
}

Async<Result<void>> fail(Deps& deps, const Held& held, const std::string& error, bool retry) {
    const queue::Task& task = held.task;
    if (retry && co_await queue::tries_again(db_of(deps), task, error, now_of(deps)))
        co_return Result<void>{};
    const bool ours = co_await generation::fail(deps.generation, task, held.job, error);
    if (retry) {
        co_await end(deps, task, queue::TaskState::discarded, error);
    } else {
        co_await end(deps, task, queue::TaskState::completed, "");
    }
    if (!ours) co_return lost();
    co_return Result<void>{};
}

}  // namespace zoetrope::workers
