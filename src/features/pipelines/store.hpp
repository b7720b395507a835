#pragma once

#include "features/pipelines/pipelines.hpp"

namespace zoetrope::pipelines {

// A file of a batch to be: arrived, then with an asset that is not in the library yet; or with what
// is wrong. It counts as arriving until it is added.
struct Received {
    FileId id;
    std::string name;
    std::optional<library::Arrival> arrival;
    engine_protocol::Probed probed;
    std::optional<library::Asset> asset;
    std::optional<std::string> error;
};

Async<PipelineId> insert(
    db::Session& db, UserId owner, const std::string& name, const Counts& counts, Instant now
);
Async<StepId> insert_step(db::Session& db, PipelineId id, const generation::Recipe& recipe);
Async<void> insert_files(db::Session& db, PipelineId id, const std::vector<Received>& files);
struct StepRun {
    GenerationId generation;
    FileId file;
};
Async<void> insert_runs(db::Session& db, StepId step, const std::vector<StepRun>& runs);

// Of those of them that are the owner's.
Async<std::vector<Facts>> find_facts(
    db::Session& db, UserId owner, const std::vector<PipelineId>& ids
);

// Newest first; `before`: the last id of the page above.
Async<std::vector<Pipeline>> list(
    db::Session& db,
    UserId owner,
    std::optional<Status> status,
    std::optional<PipelineId> before,
    std::int64_t limit
);
const db::Sql& list_statement(bool of_status);  // for the tests that look at its plan

// Those whose step runs these generations, locked until the transaction ends.
Async<std::vector<PipelineId>> lock_of(
    db::Session& db, const std::vector<GenerationId>& generations
);
struct Standing {
    Status status{};
    Counts counts;
};
Async<Standing> count(db::Session& db, PipelineId id);
Async<void> set_standing(db::Session& db, PipelineId id, const Standing& standing, Instant now);

}  // namespace zoetrope::pipelines
