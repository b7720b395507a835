#include "features/generation/generation.hpp"

#include <algorithm>

#include "features/generation/inputs.hpp"
#include "features/generation/store.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/queue/place.hpp"

namespace zoetrope::generation {

namespace {

const Model* find_model(std::string_view id) {
    const auto found = std::ranges::find(catalogue(), id, &Model::id);
    return found == catalogue().end() ? nullptr : &*found;
}

std::unexpected<Error> unknown_model() {
    std::string known;
    for (const Model& model : catalogue()) known += (known.empty() ? "" : ", ") + model.id;
    return invalid("model", "is not known here; the models are: " + known);
}

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
    for (const queue::Place& place : places) {
        const auto task = std::ranges::find(queued, place.id, &Queued::task_id);
        const auto waits = std::ranges::find(to, task->id, &Generation::id);
        waits->wait = Wait{.reason = queue::why_it_waits(place, running_max)};
        if (place.state == queue::TaskState::running) continue;  // held, and about to begin
        if (place.before < queue::place_max) waits->wait->position = place.before + 1;
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
    const auto places = co_await queue::find_places(deps.library.db, tasks);
    add_waits(to, queued, places, deps.pools.running_per_owner());
}

static queue::NewTask task_of(GenerationId id, queue::Share share) {
    return {
        .queue = std::string(queue_name),
        .kind = "generation.run",
        .args = {json::to_string(id)},
        .attempts_max = 3,
        .share = share
    };
}

Async<Result<Generation>> create(
    Deps& deps, queue::Share share, NewGeneration wanted, std::string idempotency_key
) {
    const UserId owner = share.owner;
    const Model* model = find_model(wanted.model);
    if (!model) co_return unknown_model();
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
    CO_CHECK(co_await check_references(*transaction, owner, checked));
    const TaskId task = co_await queue::insert(*transaction, task_of(made.id, share), now);
    co_await insert(*transaction, owner, made, task);
    const auto event =
        co_await append_event(*transaction, owner, made.id, "generation.queued", now);
    co_await idempotency::remember(*transaction, key, json::to_string(made), now);
    co_await transaction->commit();
    deps.library.events.publish(owner, event);
    deps.pools.wake(queue_name);
    co_return made;
}

Async<Result<Generation>> find(Deps& deps, UserId owner, GenerationId id) {
    CO_TRY(Generation found, co_await find_row(deps.library.db, owner, id));
    co_await add_progress(deps, {&found, 1});
    co_return found;
}

Async<Result<Generation>> cancel(Deps& deps, UserId owner, GenerationId id) {
    const Instant now = deps.library.clock.now();
    auto transaction = co_await deps.library.db.begin();
    const auto task = co_await mark_cancelled(*transaction, owner, id, now);
    if (!task) {
        CO_TRY(const Generation found, co_await find_row(*transaction, owner, id));
        co_return conflict(
            "It has already " + std::string(json::describe::enum_to_string(found.state, "")) + "."
        );
    }
    co_await queue::cancel_waiting(*transaction, *task, now);
    const auto event = co_await append_event(*transaction, owner, id, "generation.cancelled", now);
    co_await transaction->commit();
    deps.library.events.publish(owner, event);
    deps.pools.interrupt(*task);
    deps.progress.erase(id);
    co_return co_await find(deps, owner, id);
}

Async<Result<Generation>> retry(Deps& deps, queue::Share share, GenerationId id) {
    const Instant now = deps.library.clock.now();
    auto transaction = co_await deps.library.db.begin();
    const TaskId task = co_await queue::insert(*transaction, task_of(id, share), now);
    if (!co_await mark_retried(*transaction, share.owner, id, task)) {
        CO_TRY(const Generation found, co_await find_row(*transaction, share.owner, id));
        co_return conflict(
            "Only one that failed or was cancelled can be made again; this one is " +
            std::string(json::describe::enum_to_string(found.state, "")) + "."
        );
    }
    const auto event =
        co_await append_event(*transaction, share.owner, id, "generation.queued", now);
    co_await transaction->commit();
    deps.library.events.publish(share.owner, event);
    deps.pools.wake(queue_name);
    co_return co_await find(deps, share.owner, id);
}

}  // namespace zoetrope::generation
