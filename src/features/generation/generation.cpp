#include "features/generation/generation.hpp"

#include <algorithm>
#include <unordered_map>

#include "features/generation/inputs.hpp"
#include "features/generation/tasks.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/queue/place.hpp"

namespace zoetrope::generation {

namespace {

Async<Result<void>> check_references(db::Session& db, UserId owner, const CheckedInputs& checked) {
    for (const auto& reference : checked.references) {
        const auto asset = co_await library::find(db, owner, reference.asset);
        if (!asset)
            co_return invalid(reference.field, "names no asset of yours; upload the picture first");
        if (json::describe::enum_to_string(asset->kind, "") != reference.kind) {
            co_return invalid(reference.field, "must be an asset of kind " + reference.kind);
        }
    }
    co_return Result<void>{};
}

}  // namespace

static void add_waits(
    std::span<Generation> to,
    const std::vector<Queued>& queued,
    const std::vector<queue::Place>& places,
    std::int64_t running_max
) {
    std::unordered_map<std::string_view, Generation*> by_id;
    for (Generation& each : to) by_id[each.id.view()] = &each;
    std::unordered_map<std::int64_t, Generation*> by_task;
    for (const Queued& each : queued) by_task[each.task_id.value] = by_id.at(each.id.view());
    for (const queue::Place& place : places) {
        Generation& waits = *by_task.at(place.id.value);
        waits.wait = Wait{.reason = queue::why_it_waits(place, running_max)};
        if (place.state == queue::TaskState::running) continue;  // held, and about to begin
        if (place.before < queue::place_max) waits.wait->position = place.before + 1;
    }
}

Async<void> add_progress(Deps& deps, std::span<Generation> to) {
    std::vector<GenerationId> waiting;
    for (Generation& each : to) {
        if (each.state == State::succeeded) each.progress = 1;
        if (each.state == State::queued) waiting.push_back(each.id);
        if (each.state != State::running) continue;
        if (const auto entry = deps.progress.get(each.id)) {
            each.progress = entry->progress;
            each.stage = entry->stage;
        }
    }
    if (waiting.empty()) co_return;
    const auto queued = co_await list_queued(deps.library.db, waiting);
    std::vector<TaskId> tasks;
    tasks.reserve(queued.size());
    for (const Queued& each : queued) tasks.push_back(each.task_id);
    // To know what goes before so many costs as many looks into the queue: only the oldest say it.
    constexpr std::size_t waits_told = 200;
    std::ranges::sort(tasks);
    if (tasks.size() > waits_told) tasks.resize(waits_told);
    const auto places = co_await queue::find_places(deps.library.db, tasks);
    add_waits(to, queued, places, deps.pools.running_per_owner());
}

Async<Result<Generation>> create(
    Deps& deps, queue::Share share, NewGeneration wanted, std::string idempotency_key
) {
    const UserId owner = share.owner;
    CO_TRY(const auto model, co_await find_model(deps, wanted.model));
    CO_TRY(std::string queue, chosen_queue(deps, *model, wanted));
    CO_TRY(CheckedInputs checked, check_inputs(*model, wanted.inputs));
    const Instant now = deps.library.clock.now();
    const idempotency::Key key{
        owner,
        "POST /api/v1/generations",
        std::move(idempotency_key),
        crypto::digest(json::to_string(wanted))
    };
    Generation made{
        .id = GenerationId::make(),
        .model = model->id,
        .queue = std::move(queue),
        .state = State::queued,
        .inputs = std::move(checked.inputs),
        .created_at = now
    };
    auto transaction = co_await deps.library.db.begin();
    CO_TRY(const auto answered, co_await idempotency::find_answer(*transaction, key, now));
    if (answered) {
        co_await transaction->commit();
        co_return json::read<Generation>(*answered);
    }
    CO_CHECK(co_await library::check_quota(*transaction, deps.library.quota, owner));
    CO_CHECK(co_await check_references(*transaction, owner, checked));
    const auto tasks = co_await insert_tasks(*transaction, made.queue, share, {made.id}, now);
    co_await insert(*transaction, owner, made, tasks.front());
    const News news =
        co_await write_news(deps, *transaction, owner, {made.id}, "generation.queued", now);
    co_await idempotency::remember(*transaction, key, json::to_string(made), now);
    co_await transaction->commit();
    publish(deps, news);
    deps.pools.wake(made.queue);
    co_return made;
}

static Async<Result<Generation>> find_row(db::Session& db, UserId owner, GenerationId id) {
    auto found = co_await find_rows(db, owner, {id});
    if (found.empty()) co_return not_found("There is no such generation.");
    co_return std::move(found.front());
}

Async<Result<Generation>> find(Deps& deps, UserId owner, GenerationId id) {
    CO_TRY(Generation found, co_await find_row(deps.library.db, owner, id));
    co_await add_progress(deps, {&found, 1});
    co_return found;
}

Async<std::vector<Generation>> find_all(
    Deps& deps, UserId owner, const std::vector<GenerationId>& ids
) {
    auto found = co_await find_rows(deps.library.db, owner, ids);
    co_await add_progress(deps, found);
    co_return found;
}

static std::vector<GenerationId> ids_of(const std::vector<Moved>& moved) {
    std::vector<GenerationId> ids;
    ids.reserve(moved.size());
    for (const Moved& each : moved) ids.push_back(each.id);
    return ids;
}

namespace {

struct Change {
    std::vector<Moved> moved;
    News news;
};

Async<Change> cancel_in(
    db::Transaction& db, Deps& deps, UserId owner, const std::vector<GenerationId>& ids, Instant now
) {
    Change change{co_await mark_cancelled(db, owner, ids, now), {}};
    if (change.moved.empty()) co_return change;
    for (const Moved& each : change.moved) co_await queue::cancel_waiting(db, each.task_id, now);
    change.news =
        co_await write_news(deps, db, owner, ids_of(change.moved), "generation.cancelled", now);
    co_return change;
}

}  // namespace

Async<std::int64_t> cancel_all(Deps& deps, UserId owner, std::vector<GenerationId> ids) {
    const Instant now = deps.library.clock.now();
    const Change change = co_await db::transact(deps.library.db, [&](db::Transaction& transaction) {
        return cancel_in(transaction, deps, owner, ids, now);
    });
    publish(deps, change.news);
    for (const Moved& each : change.moved) {
        deps.pools.interrupt(each.task_id);
        deps.progress.erase(each.id);
    }
    co_return std::ssize(change.moved);
}

// In the order in which they were made first.
static Async<void> queue_again(
    db::Session& db, queue::Share share, std::vector<Moved>& moved, Instant now
) {
    std::ranges::sort(moved, {}, [](const Moved& each) { return std::tuple(each.queue, each.id); });
    for (auto from = moved.begin(); from != moved.end();) {
        const auto to = std::ranges::find_if(from, moved.end(), [&](const Moved& each) {
            return each.queue != from->queue;
        });
        const auto ids = ids_of({from, to});
        const auto tasks = co_await insert_tasks(db, from->queue, share, ids, now);
        for (std::size_t i = 0; i < ids.size(); ++i) co_await set_task(db, ids[i], tasks[i]);
        from = to;
    }
}

static Async<Change> retry_in(
    db::Transaction& db,
    Deps& deps,
    queue::Share share,
    const std::vector<GenerationId>& ids,
    Instant now
) {
    Change change{co_await mark_retried(db, share.owner, ids), {}};
    if (change.moved.empty()) co_return change;
    co_await queue_again(db, share, change.moved, now);
    change.news =
        co_await write_news(deps, db, share.owner, ids_of(change.moved), "generation.queued", now);
    co_return change;
}

Async<std::int64_t> retry_all(Deps& deps, queue::Share share, std::vector<GenerationId> ids) {
    const Instant now = deps.library.clock.now();
    const Change change = co_await db::transact(deps.library.db, [&](db::Transaction& transaction) {
        return retry_in(transaction, deps, share, ids, now);
    });
    publish(deps, change.news);
    std::string_view woken;
    for (const Moved& each : change.moved) {
        if (each.queue != woken) deps.pools.wake(each.queue);
        woken = each.queue;
    }
    co_return std::ssize(change.moved);
}

static std::string state_word(const Generation& generation) {
    return json::describe::enum_to_string(generation.state, "");
}

Async<Result<Generation>> cancel(Deps& deps, UserId owner, GenerationId id) {
    const auto cancelled = co_await cancel_all(deps, owner, {id});
    CO_TRY(Generation found, co_await find(deps, owner, id));
    if (cancelled == 0) co_return conflict("It has already " + state_word(found) + ".");
    co_return found;
}

Async<Result<Generation>> retry(Deps& deps, queue::Share share, GenerationId id) {
    CO_CHECK(co_await library::check_quota(deps.library.db, deps.library.quota, share.owner));
    const auto queued = co_await retry_all(deps, share, {id});
    CO_TRY(Generation found, co_await find(deps, share.owner, id));
    if (queued == 0) {
        if (found.state == State::failed || found.state == State::cancelled)
            co_return conflict("The model " + found.model + " was removed from this server.");
        co_return conflict(
            "Only one that failed or was cancelled can be made again; this one is " +
            state_word(found) + "."
        );
    }
    co_return found;
}

}  // namespace zoetrope::generation
