// Who may be a remote worker, with which models; and how such a model goes again.
#include <algorithm>

#include "features/workers/tasks.hpp"
#include "platform/base/text.hpp"

namespace zoetrope::workers {

namespace {

constexpr std::size_t list_max = 50;
constexpr std::int64_t models_per_user_max = 200;   // everybody's list of models shows them all
constexpr std::int64_t batch_size_max = 1'000'000;  // inputs; a figure for people
constexpr std::string_view a_label = "must be one line of 1 to 100 characters";

bool is_name(const std::string& text) { return !text.empty() && is_label(text); }

void check_device(const Device& device, const json::Path& at, json::Problems& problems) {
    if (!is_name(device.device))
        problems.add(json::Path{.parent = &at, .key = "device"}, std::string(a_label));
    if (device.batch_size && (*device.batch_size < 1 || *device.batch_size > batch_size_max))
        problems.add(json::Path{.parent = &at, .key = "batch_size"}, "must be 1 to 1000000 inputs");
    if (device.memory_fraction && (*device.memory_fraction <= 0 || *device.memory_fraction > 1))
        problems.add(
            json::Path{.parent = &at, .key = "memory_fraction"}, "must be above 0 and up to 1"
        );
}

void check_models(const NewWorker& given, const json::Path& at, json::Problems& problems) {
    if (given.models.empty() || given.models.size() > list_max)
        return problems.add(at, "must be 1 to 50 models");
    for (std::size_t i = 0; i < given.models.size(); ++i) {
        const json::Path model{.parent = &at, .index = i};
        const auto before = given.models.begin() + std::ptrdiff_t(i);
        if (std::ranges::find(
                given.models.begin(), before, given.models[i].id, &generation::Model::id
            ) != before)
            problems.add(json::Path{.parent = &model, .key = "id"}, "is there twice");
        const auto& wanted = given.models[i].specialisation;
        if (wanted &&
            std::ranges::find(given.specialisations, *wanted) == given.specialisations.end())
            problems.add(
                json::Path{.parent = &model, .key = "specialisation"},
                "must be one of the worker's specialisations"
            );
    }
}

Result<void> check(const NewWorker& given) {
    json::Problems problems;
    if (!is_name(given.name)) problems.add(json::Path{.key = "name"}, std::string(a_label));
    if (given.region && !generation::is_region(*given.region))
        problems.add(json::Path{.key = "region"}, "must be a name such as eu-west-1");
    if (given.capacity < 1 || given.capacity > capacity_max)
        problems.add(json::Path{.key = "capacity"}, "must be 1 to 1000 tasks at a time");
    const json::Path specialisations{.key = "specialisations"};
    if (given.specialisations.size() > list_max)
        problems.add(specialisations, "must be at most 50 names");
    for (std::size_t i = 0; i < std::min(list_max, given.specialisations.size()); ++i) {
        if (!is_name(given.specialisations[i]))
            problems.add(json::Path{.parent = &specialisations, .index = i}, std::string(a_label));
    }
    check_models(given, json::Path{.key = "models"}, problems);
    if (given.device) check_device(*given.device, json::Path{.key = "device"}, problems);
    if (!problems.empty()) return std::unexpected(std::move(problems).take());
    for (std::size_t i = 0; i < given.models.size(); ++i) {
        if (auto good = generation::check_remote(given.models[i]); !good) {
            for (FieldError& each : good.error().fields)
                each.field.insert(0, "models[" + std::to_string(i) + "].");
            return good;
        }
    }
    return {};
}

std::string named(const Worker& worker) {
    return "Worker " + std::to_string(worker.id.value) + " (" + worker.name + ")";
}

bool serves(const Worker& worker, const std::string& model) {
    return std::ranges::find(worker.models, model) != worker.models.end();
}

// Silent ones are kept to look back at, as long as there is room for one more. Errors: limited.
Async<Result<void>> make_room(
    Deps& deps, db::Session& db, UserId owner, const std::vector<Worker>& all
) {
    std::size_t own = 0;
    std::vector<NodeId> silent;
    for (const Worker& each : all) {
        if (each.owner_id != owner) continue;
        ++own;
        if (!each.alive && each.running == 0) silent.push_back(each.id);
    }
    if (own < deps.per_user_max) co_return Result<void>{};
    if (own - silent.size() >= deps.per_user_max) {
        co_return std::unexpected(Error{
            .code = Code::limited,
            .message = "You have " + std::to_string(deps.per_user_max) +
                       " workers registered, and no more are allowed. Take one away first.",
            .retry_after_s = int(deps.patience.count())
        });
    }
    for (const NodeId id : silent) co_await queue::remove_remote(db, id);
    co_return Result<void>{};
}

// Errors: conflict, also when the user has too many models.
Async<Result<void>> declare(
    Deps& deps, db::Session& db, UserId owner, std::vector<generation::Model> models
) {
    // In one order: two that register at once do not wait for each other.
    std::ranges::sort(models, {}, &generation::Model::id);
    for (const generation::Model& each : models) {
        CO_TRY(
            const bool stands,
            co_await deps.generation.models.declare(db, owner, each, now_of(deps))
        );
        if (stands) continue;
        // Read now: a worker that declared it at the same moment had its row, and has registered.
        for (const Worker& other : shown(co_await queue::list_remote(db))) {
            if (other.alive && serves(other, each.id))
                co_return conflict(
                    named(other) + " serves " + each.id +
                    " with another definition. Take that worker away first, or declare the same."
                );
        }
        co_await deps.generation.models.redefine(db, each);
    }
    if (co_await deps.generation.models.count(db, owner) > models_per_user_max) {
        co_return conflict(
            "Your workers have declared " + std::to_string(models_per_user_max) +
            " models, and no more are allowed. Remove one first: DELETE /api/v1/models/{id}."
        );
    }
    co_return Result<void>{};
}

}  // namespace

bool is_label(const std::string& text) {
    constexpr std::size_t label_max = 100;  // code points: what fits into a line of a page
    return is_printable(text) && code_points(text) <= label_max;
}

Async<Result<Worker>> enrol(Deps& deps, UserId owner, NewWorker given) {
    CO_CHECK(check(given));
    Worker worker{
        .id = {},
        .name = std::move(given.name),
        .region = std::move(given.region),
        .capacity = given.capacity,
        .specialisations = std::move(given.specialisations),
        .models = {},
        .device = std::move(given.device),
        .heartbeat_at = now_of(deps),
        .patience_s = deps.patience.count(),
        .owner_id = owner
    };
    for (const generation::Model& each : given.models) worker.models.push_back(each.id);
    const auto transaction = co_await db_of(deps).begin();
    const auto all = shown(co_await queue::list_remote(*transaction));
    CO_CHECK(co_await make_room(deps, *transaction, owner, all));
    CO_CHECK(co_await declare(deps, *transaction, owner, std::move(given.models)));
    worker.id = co_await queue::add_remote(
        *transaction,
        owner,
        worker.name,
        queues_of(worker),
        {json::to_string(worker)},
        deps.patience
    );
    co_await transaction->commit();
    for (const std::string& model : worker.models) deps.generation.models.forget(model);
    co_return worker;
}

Async<Result<void>> remove_model(Deps& deps, std::string id) {
    const auto transaction = co_await db_of(deps).begin();
    for (const Worker& each : shown(co_await queue::list_remote(*transaction))) {
        if (!serves(each, id)) continue;
        if (each.alive)
            co_return conflict(named(each) + " serves this model. Take that worker away first.");
        co_await queue::remove_remote(*transaction, each.id);  // what it ran waits, and ends below
    }
    CO_CHECK(co_await deps.generation.models.remove(*transaction, id));
    co_await transaction->commit();
    deps.generation.models.forget(id);
    co_await generation::end_orphans(deps.generation);
    co_return Result<void>{};
}

}  // namespace zoetrope::workers
