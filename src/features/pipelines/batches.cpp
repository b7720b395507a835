#include "features/pipelines/batches.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace zoetrope::pipelines {

namespace {

std::string url_of(PipelineId id) { return "/api/v1/status/" + std::to_string(id.value); }

Started answer_of(PipelineId id, const std::vector<Received>& files) {
    Started out{std::to_string(id.value), url_of(id), {}};
    for (const Received& each : files) {
        const Status status = each.error ? Status::failed : Status::queued;
        out.files.push_back({each.id, each.name, status, each.error});
    }
    return out;
}

std::vector<library::Asset> assets_of(const std::vector<Received>& files) {
    std::vector<library::Asset> out;
    out.reserve(files.size());
    for (const Received& each : files) {
        if (each.asset) out.push_back(*each.asset);
    }
    return out;
}

// The rows of a batch, and what is told of them.
struct Inserted {
    PipelineId id;
    std::vector<events::Event> news;
};

Async<Result<Inserted>> insert_all(
    db::Transaction& db,
    const library::Quota& quota,
    queue::Share share,
    const generation::Recipe& recipe,
    const std::vector<Received>& files,
    Instant now
) {
    const auto assets = assets_of(files);
    const auto refused = std::ssize(files) - std::ssize(assets);
    const Counts counts{.files = std::ssize(files), .failed = refused, .refused = refused};
    Inserted out;
    CO_TRY(out.news, co_await library::add(db, quota, share.owner, assets, now));
    out.id = co_await insert(db, share.owner, files.front().name, counts, now);
    const StepId step = co_await insert_step(db, out.id, recipe);
    co_await insert_files(db, out.id, files);
    std::vector<AssetId> pictures;
    pictures.reserve(assets.size());
    std::vector<StepRun> runs;
    runs.reserve(assets.size());
    for (const library::Asset& each : assets) pictures.push_back(each.id);
    auto made = co_await generation::create_each(db, share, recipe, pictures, now);
    for (const Received& each : files) {
        if (each.asset) runs.push_back({made.ids[runs.size()], each.id});
    }
    co_await insert_runs(db, step, runs);
    std::ranges::move(made.events, std::back_inserter(out.news));
    out.news.push_back(co_await events::append(
        db,
        {.owner = share.owner,
         .topic = "pipelines",
         .type = "pipeline." + std::string(json::describe::enum_to_string(status_of(counts), "")),
         .subject = std::to_string(out.id.value)},
        now
    ));
    co_return out;
}

struct Starting {
    const library::Quota& quota;
    queue::Share share;
    const generation::Recipe& recipe;
    const std::vector<Received>& files;
    const idempotency::Key& key;
    Instant now;
};

struct Begun {
    Started answer;
    std::vector<events::Event> news;  // none: it had begun before
};

Async<Result<Begun>> begin(db::Transaction& db, const Starting& what) {
    CO_TRY(auto answered, co_await idempotency::find_answer(db, what.key, what.now));
    if (answered) {
        CO_TRY(Started before, json::read<Started>(*answered));
        co_return Begun{std::move(before), {}};
    }
    CO_TRY(
        auto inserted,
        co_await insert_all(db, what.quota, what.share, what.recipe, what.files, what.now)
    );
    Started answer = answer_of(inserted.id, what.files);
    co_await idempotency::remember(db, what.key, json::to_string(answer), what.now);
    co_return Begun{std::move(answer), std::move(inserted.news)};
}

Async<Result<void>> keep_all(library::Deps& library, std::vector<Received>& files) {
    for (Received& each : files) {
        if (!each.arrival) continue;
        CO_TRY(
            each.asset,
            co_await library::keep(library, each.name, std::move(each.arrival->file), each.probed)
        );
    }
    co_return Result<void>{};
}

// What was kept for a batch that did not begin goes again.
Async<void> let_go(library::Deps& library, const std::vector<Received>& files) {
    const auto assets = assets_of(files);
    std::vector<std::string> digests;
    digests.reserve(assets.size());
    for (const library::Asset& each : assets) digests.push_back(each.digest);
    co_await library::release(library.db, std::move(digests), library.clock.now());
}

Async<Result<Begun>> keep_and_begin(
    library::Deps& library, const Starting& what, std::vector<Received>& files
) {
    // Others of the owner's may have been added meanwhile.
    CO_CHECK(co_await library::check_quota(library.db, what.quota, what.share.owner, 0));
    CO_CHECK(co_await keep_all(library, files));
    co_return co_await db::transact(library.db, [&](db::Transaction& transaction) {
        return begin(transaction, what);
    });
}

}  // namespace

Async<Result<Started>> start(
    Deps& deps,
    queue::Share share,
    const generation::Recipe& recipe,
    std::vector<Received> files,
    const idempotency::Key& key
) {
    library::Deps& library = deps.generation.library;
    const Starting what{library.quota, share, recipe, files, key, library.clock.now()};
    std::exception_ptr broken;
    Result<Begun> begun = failure(Code::unavailable, "It could not be started.");
    try {
        begun = co_await keep_and_begin(library, what, files);
    } catch (const std::exception&) {
        broken = std::current_exception();
    }
    if (!begun || begun->news.empty()) co_await let_go(library, files);
    if (broken) std::rethrow_exception(broken);
    if (!begun) co_return std::unexpected(std::move(begun).error());
    for (const events::Event& each : begun->news) library.events.publish(share.owner, each);
    deps.generation.pools.wake(recipe.queue);
    co_return std::move(begun->answer);
}

namespace {

Status status_of(generation::State state) {
    switch (state) {
        case generation::State::queued:
            return Status::queued;
        case generation::State::running:
            return Status::running;
        case generation::State::succeeded:
            return Status::succeeded;
        case generation::State::failed:
            return Status::failed;
        case generation::State::cancelled:
            return Status::cancelled;
    }
    return Status::failed;
}

using ById = std::unordered_map<std::string_view, const generation::Generation*>;

// Null: the file could not be used.
const generation::Generation* made_of(const Facts::File& facts, const ById& generations) {
    if (!facts.generation_id) return nullptr;
    const auto found = generations.find(facts.generation_id->view());
    return found == generations.end() ? nullptr : found->second;
}

BatchFile file_of(const Facts::File& facts, const generation::Generation* made) {
    BatchFile file{.file_id = facts.id, .name = facts.name, .status = Status::failed};
    file.error = facts.error;
    file.asset_id = facts.asset_id;
    file.generation_id = facts.generation_id;
    if (!made) return file;
    file.status = status_of(made->state);
    file.progress = made->progress;
    file.stage = made->stage;
    file.wait = made->wait;
    file.outputs = made->outputs;
    file.error = made->error;
    return file;
}

// The smaller, or the larger, of those that there are.
template <class T, class Compare>
void keep_first(std::optional<T>& kept, const std::optional<T>& other, Compare before) {
    if (other && (!kept || before(*other, *kept))) kept = other;
}

void add_to(Counts& counts, Status status) {
    ++counts.files;
    if (status == Status::running) ++counts.running;
    if (status == Status::succeeded) ++counts.succeeded;
    if (status == Status::failed) ++counts.failed;
    if (status == Status::cancelled) ++counts.cancelled;
}

// What is left, in whole files.
double work_left(const Batch& batch) {
    double left = 0;
    for (const BatchFile& each : batch.files) {
        if (!is_over(each.status)) left += 1 - each.progress;
    }
    return left;
}

// From how it went until now; before that, from what others took.
Async<std::optional<std::int64_t>> eta_of(
    Deps& deps, const Batch& batch, std::optional<Instant> begun_at
) {
    const double left = work_left(batch);
    if (left == 0) co_return std::nullopt;
    double done = 0;
    for (const BatchFile& each : batch.files) {
        if (each.generation_id) done += is_over(each.status) ? 1 : each.progress;
    }
    constexpr double telling = 0.2;  // of a file: less says little about the others
    const Instant now = deps.generation.library.clock.now();
    if (begun_at && done >= telling) {
        const double seconds = double(now.us - begun_at->us) / 1e6;
        co_return std::int64_t(std::ceil(seconds * left / done));
    }
    const auto usual = co_await generation::usual_duration(deps.generation.library.db, batch.model);
    if (!usual) co_return std::nullopt;
    const double before = batch.position ? double(*batch.position - 1) : 0;
    co_return std::int64_t(std::ceil((before + left) * *usual / deps.engines));
}

Async<Batch> batch_of(Deps& deps, const Facts& facts, const ById& generations) {
    Batch batch{
        .job_id = std::to_string(facts.id.value),
        .model = facts.model,
        .queue = facts.queue,
        .created_at = facts.created_at
    };
    Counts counts;
    std::optional<Instant> begun_at;
    std::optional<Instant> finished_at;
    for (const Facts::File& each : facts.files) {
        const auto* made = made_of(each, generations);
        BatchFile file = file_of(each, made);
        add_to(counts, file.status);
        if (!each.generation_id) ++counts.refused;
        batch.progress += is_over(file.status) ? 1 : file.progress;
        if (file.wait) keep_first(batch.position, file.wait->position, std::less{});
        if (made) keep_first(begun_at, made->started_at, std::less{});
        if (made) keep_first(finished_at, made->finished_at, std::greater{});
        batch.files.push_back(std::move(file));
    }
    batch.progress /= double(batch.files.size());
    batch.status = pipelines::status_of(counts);
    if (is_over(batch.status)) batch.finished_at = finished_at.value_or(facts.created_at);
    batch.eta_seconds = co_await eta_of(deps, batch, begun_at);
    co_return batch;
}

// What never changes is read once.
Async<std::vector<std::shared_ptr<const Facts>>> facts_of(
    Deps& deps, UserId owner, const std::vector<PipelineId>& ids
) {
    std::vector<std::shared_ptr<const Facts>> out(ids.size());
    std::vector<PipelineId> missing;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (const auto known = deps.facts.get(ids[i])) {
            if ((*known)->owner == owner) out[i] = *known;
        } else {
            missing.push_back(ids[i]);
        }
    }
    if (missing.empty()) co_return out;
    for (Facts& each : co_await find_facts(deps.generation.library.db, owner, missing)) {
        const auto kept = std::make_shared<const Facts>(std::move(each));
        deps.facts.put(kept->id, kept);
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (ids[i] == kept->id) out[i] = kept;
        }
    }
    co_return out;
}

std::vector<GenerationId> generations_of(const std::vector<std::shared_ptr<const Facts>>& batches) {
    std::vector<GenerationId> ids;
    for (const auto& batch : batches) {
        if (!batch) continue;
        for (const Facts::File& each : batch->files) {
            if (each.generation_id) ids.push_back(*each.generation_id);
        }
    }
    return ids;
}

}  // namespace

Async<std::vector<std::optional<Batch>>> find_all(
    Deps& deps, UserId owner, const std::vector<PipelineId>& ids
) {
    std::vector<PipelineId> once(ids);
    std::ranges::sort(once);
    const auto [begin, end] = std::ranges::unique(once);
    if (begin != end) {  // one look for what is asked for again and again
        once.erase(begin, end);
        const auto found = co_await find_all(deps, owner, once);
        std::vector<std::optional<Batch>> out;
        out.reserve(ids.size());
        for (const PipelineId id : ids)
            out.push_back(found[std::size_t(std::ranges::lower_bound(once, id) - once.begin())]);
        co_return out;
    }
    const auto facts = co_await facts_of(deps, owner, ids);
    const auto wanted = generations_of(facts);
    std::vector<generation::Generation> found;
    if (!wanted.empty()) found = co_await generation::find_all(deps.generation, owner, wanted);
    ById by_id;
    for (auto& each : found) by_id[each.id.view()] = &each;
    std::vector<std::optional<Batch>> out(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (facts[i]) out[i] = co_await batch_of(deps, *facts[i], by_id);
    }
    co_return out;
}

// One look for each owner, however many ask for the same.
Async<std::vector<std::optional<Batch>>> read_together(Deps& deps, std::vector<Asked> asked) {
    std::map<UserId, std::vector<PipelineId>> wanted;
    for (const Asked& each : asked) {
        auto& ids = wanted[each.owner];
        if (std::ranges::find(ids, each.id) == ids.end()) ids.push_back(each.id);
    }
    std::map<UserId, std::vector<std::optional<Batch>>> found;
    for (const auto& [owner, ids] : wanted) found[owner] = co_await find_all(deps, owner, ids);
    std::vector<std::optional<Batch>> out;
    out.reserve(asked.size());
    for (const Asked& each : asked) {
        const auto& ids = wanted[each.owner];
        out.push_back(found[each.owner][std::size_t(std::ranges::find(ids, each.id) - ids.begin())]
        );
    }
    co_return out;
}

Async<Result<Batch>> find(Deps& deps, UserId owner, PipelineId id) {
    auto found = co_await deps.reads.ask({owner, id});
    if (!found) co_return not_found("There is no such batch.");
    co_return *std::move(found);
}

Async<Result<Batch>> cancel(Deps& deps, UserId owner, PipelineId id) {
    const auto facts = co_await facts_of(deps, owner, {id});
    const auto cancelled =
        co_await generation::cancel_all(deps.generation, owner, generations_of(facts));
    CO_TRY(Batch batch, co_await find(deps, owner, id));
    if (cancelled == 0) co_return conflict("All its files are over already.");
    co_return batch;
}

Async<Result<Batch>> retry(Deps& deps, queue::Share share, PipelineId id) {
    const auto facts = co_await facts_of(deps, share.owner, {id});
    library::Deps& library = deps.generation.library;
    CO_CHECK(co_await library::check_quota(library.db, library.quota, share.owner));
    const auto queued =
        co_await generation::retry_all(deps.generation, share, generations_of(facts));
    CO_TRY(Batch batch, co_await find(deps, share.owner, id));
    if (queued == 0)
        co_return conflict(
            "None of its files failed or was cancelled in a way that can be tried again."
        );
    co_return batch;
}

}  // namespace zoetrope::pipelines
