#include "features/generation/tasks.hpp"

#include "features/generation/local.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::generation {

namespace {

Async<void> tell(
    Deps& deps, db::Transaction& transaction, const Job& job, const char* type, Instant now
) {
    const News news = co_await write_news(deps, transaction, job.owner_id, {job.id}, type, now);
    co_await transaction.commit();
    publish(deps, news);
}

// Each effect below is only had by the attempt that still has the task: see queue::is_still_ours.

}  // namespace

Async<std::optional<Job>> find_job_of(db::Session& db, const queue::Task& task) {
    const auto id = json::read<GenerationId>(task.args.text);
    if (!id) co_return std::nullopt;
    co_return co_await find_job(db, *id);
}

Async<bool> begin(Deps& deps, const queue::Task& task, const Job& job) {
    const Instant now = deps.library.clock.now();
    auto transaction = co_await deps.library.db.begin();
    if (!co_await queue::is_still_ours(*transaction, task)) co_return false;
    if (!co_await mark_running(*transaction, job.id, task.id, now)) co_return false;
    co_await tell(deps, *transaction, job, "generation.running", now);
    co_return true;
}

Async<Result<void>> has_room(Deps& deps, const Job& job) {
    co_return co_await library::check_quota(deps.library.db, deps.library.quota, job.owner_id);
}

Async<bool> fail(Deps& deps, const queue::Task& task, const Job& job, const std::string& error) {
    const Instant now = deps.library.clock.now();
    auto transaction = co_await deps.library.db.begin();
    if (!co_await queue::is_still_ours(*transaction, task)) co_return false;
    if (!co_await mark_failed(*transaction, job.id, task.id, error, now)) co_return false;
    co_await tell(deps, *transaction, job, "generation.failed", now);
    co_return true;
}

static Async<Result<void>> keep_all(
    Deps& deps, std::vector<Made>& outputs, std::vector<library::Asset>& assets
) {
    for (Made& each : outputs) {
        CO_TRY(const blobs::Kept kept, co_await deps.library.blobs.keep(std::move(each.file)));
        assets.push_back(
            {.id = AssetId::make(),
             .kind = each.kind,
             .media_type = each.media_type,
             .name = each.name,
             .width = each.width,
             .height = each.height,
             .duration_ms = each.duration_ms,
             .bytes = kept.bytes,
             .digest = kept.digest,
             .created_at = deps.library.clock.now()}
        );
    }
    co_return Result<void>{};
}

static Async<bool> show_all(
    Deps& deps,
    const queue::Task& task,
    const Job& job,
    const MadeAll& made,
    const std::vector<library::Asset>& assets
) {
    const Instant now = deps.library.clock.now();
    auto transaction = co_await deps.library.db.begin();
    if (!co_await queue::is_still_ours(*transaction, task)) co_return false;
    if (!co_await mark_succeeded(*transaction, job.id, task.id, made.note, now)) co_return false;
    for (std::size_t i = 0; i < assets.size(); ++i) {
        co_await library::insert(*transaction, job.owner_id, assets[i]);
        co_await add_output(
            *transaction, job.id, std::int64_t(i), made.outputs[i].role, assets[i].id
        );
    }
    co_await tell(deps, *transaction, job, "generation.succeeded", now);
    co_return true;
}

Async<Result<bool>> succeed(Deps& deps, const queue::Task& task, const Job& job, MadeAll made) {
    std::vector<library::Asset> assets;
    const auto kept = co_await keep_all(deps, made.outputs, assets);
    if (kept && co_await show_all(deps, task, job, made, assets)) co_return true;
    std::vector<std::string> digests;
    digests.reserve(assets.size());
    for (const library::Asset& each : assets) digests.push_back(each.digest);
    co_await library::release(deps.library.db, std::move(digests), deps.library.clock.now());
    if (!kept) co_return std::unexpected(kept.error());
    co_return false;
}

namespace {

std::string sentence(const Error& error) {
    if (error.fields.empty()) return error.message;
    return error.fields.front().field + " " + error.fields.front().message + ".";
}

// However an attempt ends here, the next may run in another process.
struct ForgetsProgress {
    ProgressBoard& board;
    GenerationId id;
    ~ForgetsProgress() { board.erase(id); }
};

Async<queue::Outcome> run(Deps& deps, queue::Task task, std::stop_token stop) {
    const auto job = co_await find_job_of(deps.library.db, task);
    if (!job) co_return queue::Discard{"its generation is gone"};
    if (!co_await begin(deps, task, *job))
        co_return queue::Done{};  // finished or cancelled before this attempt
    if (const auto room = co_await has_room(deps, *job); !room) {
        co_await fail(deps, task, *job, room.error().message);
        co_return queue::Done{};
    }
    const ForgetsProgress at_the_end{deps.progress, job->id};
    const auto on_progress = [&deps, owner = job->owner_id, id = job->id](
                                 double progress, const std::string& stage
                             ) { deps.progress.set(owner, id, progress, stage); };
    const double tasks = double(deps.pools.tasks_per_child(task.queue));
    queue::Usage usage;
    const Course course{{{-task.priority, task.order_key}, 1 / tasks}, on_progress, stop, &usage};
    auto made = co_await make_locally(deps, *job, course);
    const Result<bool> kept =
        made ? co_await succeed(deps, task, *job, std::move(*made)) : std::unexpected(made.error());
    if (kept) co_return queue::Done{usage};
    switch (kept.error().code) {
        case Code::cancelled:
            co_return queue::Cancelled{};
        case Code::unavailable:
            co_return queue::Retry{kept.error().message};
        default:
            co_await fail(deps, task, *job, sentence(kept.error()));
            co_return queue::Done{usage};
    }
}

Async<void> gave_up(Deps& deps, queue::Task task, std::string error) {
    const auto job = co_await find_job_of(deps.library.db, task);
    if (job)
        co_await fail(
            deps,
            task,
            *job,
            "It was tried " + std::to_string(task.attempts_max) + " times: " + error
        );
}

// For an operator who looked into it.
Async<std::optional<queue::Revived>> revive(
    Deps& deps, db::Transaction& transaction, TaskId task, json::Raw args, Instant now
) {
    const auto id = json::read<GenerationId>(args.text);
    const auto job = id ? co_await find_job(transaction, *id) : std::nullopt;
    if (!job || !co_await mark_revived(transaction, job->id, task)) co_return std::nullopt;
    const News news =
        co_await write_news(deps, transaction, job->owner_id, {job->id}, "generation.queued", now);
    co_return queue::Revived{
        .share = queue::Share{job->owner_id, deps.weights.member},
        .committed = [&deps, news] { publish(deps, news); }
    };
}

}  // namespace

Async<std::vector<TaskId>> insert_tasks(
    db::Session& db,
    const std::string& queue,
    queue::Share share,
    const std::vector<GenerationId>& ids,
    Instant now
) {
    const queue::NewTask task{
        .queue = queue,
        .kind = std::string(task_kind),
        .args = {},
        .attempts_max = 3,
        .share = share
    };
    std::vector<json::Raw> args;
    args.reserve(ids.size());
    for (const GenerationId& id : ids) args.push_back({json::to_string(id)});
    co_return co_await queue::insert_each(db, task, args, now);
}

void add_handlers(Deps& deps, queue::Handlers& handlers) {
    add_orphans_handler(deps, handlers);
    handlers.add(
        std::string(task_kind),
        {.run = [&deps](
                    queue::Task task, std::stop_token stop
                ) { return run(deps, std::move(task), std::move(stop)); },
         .gave_up = [&deps](
                        queue::Task task, std::string error
                    ) { return gave_up(deps, std::move(task), std::move(error)); },
         .revive = [&deps](
                       db::Transaction& transaction, TaskId task, json::Raw args, Instant now
                   ) { return revive(deps, transaction, task, std::move(args), now); }}
    );
}

}  // namespace zoetrope::generation
