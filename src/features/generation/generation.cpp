#include "features/generation/generation.hpp"

#include <algorithm>

#include "features/generation/inputs.hpp"
#include "features/generation/store.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/idempotency/idempotency.hpp"

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

// A row that waits or is over says it by its state.
void add_progress(const ProgressBoard& board, Generation& to) {
    if (to.state == State::succeeded) to.progress = 1;
    if (to.state != State::running) return;
    if (const auto entry = board.get(to.id)) {
        to.progress = entry->progress;
        to.stage = entry->stage;
    }
}

Async<Result<Generation>> create(
    Deps& deps, UserId owner, NewGeneration wanted, std::string idempotency_key
) {
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
    const TaskId task = co_await queue::insert(
        *transaction,
        {.queue = std::string(queue_name),
         .kind = "generation.run",
         .args = {json::to_string(made.id)},
         .attempts_max = 3},
        now
    );
    co_await insert(*transaction, owner, made, task);
    const auto event = co_await events::append(
        *transaction,
        {.owner = owner,
         .topic = "generations",
         .type = "generation.queued",
         .subject = made.id.str()},
        now
    );
    co_await idempotency::remember(*transaction, key, json::to_string(made), now);
    co_await transaction->commit();
    deps.library.events.publish(owner, event);
    deps.workers.wake();
    co_return made;
}

Async<Result<Generation>> find(Deps& deps, UserId owner, GenerationId id) {
    CO_TRY(Generation found, co_await find_row(deps.library.db, owner, id));
    add_progress(deps.progress, found);
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
    const auto event = co_await events::append(
        *transaction,
        {.owner = owner, .topic = "generations", .type = "generation.cancelled", .subject = id.str()
        },
        now
    );
    co_await transaction->commit();
    deps.library.events.publish(owner, event);
    deps.workers.interrupt(*task);
    deps.progress.erase(id);
    co_return co_await find(deps, owner, id);
}

void ProgressBoard::set(UserId owner, GenerationId id, double progress, const std::string& stage) {
    {
        const std::lock_guard lock(mutex_);
        entries_[id] = {progress, stage};
    }
    std::string data = R"({"progress":)";
    json::write(data, progress);
    data += R"(,"stage":)";
    json::write_string(data, stage);
    hub_.publish_passing(owner, "generations", "generation.progress", id.str(), data + "}");
}

std::optional<ProgressBoard::Entry> ProgressBoard::get(GenerationId id) const {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    return found == entries_.end() ? std::nullopt : std::optional(found->second);
}

void ProgressBoard::erase(GenerationId id) {
    const std::lock_guard lock(mutex_);
    entries_.erase(id);
}

}  // namespace zoetrope::generation
