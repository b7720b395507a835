// Batches: pipelines of one step over many files. Private to the feature.
#pragma once

#include "features/pipelines/store.hpp"
#include "platform/idempotency/idempotency.hpp"

namespace zoetrope::pipelines {

struct StartedFile {
    FileId file_id;
    std::string name;
    Status status{};
    std::optional<std::string> error;
    static constexpr std::string_view schema_name = "StartedFile";
};
BOOST_DESCRIBE_STRUCT(StartedFile, (), (file_id, name, status, error))

// The answer to an upload.
struct Started {
    std::string job_id;
    std::string status_url;
    std::vector<StartedFile> files;
    static constexpr std::string_view schema_name = "StartedBatch";
};
BOOST_DESCRIBE_STRUCT(Started, (), (job_id, status_url, files))

// Adds the files' assets to the library and starts the batch, together. `key`: see idempotency.
Async<Result<Started>> start(
    Deps& deps,
    queue::Share share,
    const generation::Recipe& recipe,
    std::vector<Received> files,
    const idempotency::Key& key
);

// In the order of the ids; null for those that are not the owner's. A few statements, however many
// they are.
Async<std::vector<std::optional<Batch>>> find_all(
    Deps& deps, UserId owner, const std::vector<PipelineId>& ids
);
// Errors: not_found.
Async<Result<Batch>> find(Deps& deps, UserId owner, PipelineId id);
// Errors of both: not_found; conflict when there is nothing to cancel, or to make again.
Async<Result<Batch>> cancel(Deps& deps, UserId owner, PipelineId id);
Async<Result<Batch>> retry(Deps& deps, queue::Share share, PipelineId id);

// The same as find(), again and again while it changes, as server-sent events; ends with the batch.
Async<void> feed(Deps& deps, http::Caller caller, PipelineId id, http::BodyWriter& out);
// A zip of what was made, each file's in a folder of its own.
Async<void> pack(Deps& deps, Batch batch, http::BodyWriter& out);

// Reads the form of POST /upload/batch, and starts what it asks for.
Async<Result<Started>> receive(
    Deps& deps, queue::Share share, http::Upload& upload, std::string idempotency_key
);

}  // namespace zoetrope::pipelines
