// Pipelines: graphs of steps. At present a pipeline has one step, which is fanned out over files: a
// batch. Its id as a string is the batch's `job_id`.
//
//   queued -> running -> succeeded   (all files)
//      ^         |-----> partial     (some)
//      |         |-----> failed      (none; at least one failed)
//      |         '-----> cancelled   (none; nothing failed)
//      '--(retried)--'   from partial, failed and cancelled
//
// A step makes one generation of each file; what becomes of a file is what becomes of its
// generation. The pipeline's status and counts are written in the transaction that changes a
// generation, so they are never behind it. A file that is no picture fails alone.
#pragma once

#include <boost/describe/enum.hpp>
#include <memory>
#include <string>
#include <vector>

#include "features/generation/generation.hpp"
#include "platform/base/batcher.hpp"
#include "platform/cache/lru.hpp"

namespace zoetrope::accounts {
struct OwnedData;
}

namespace zoetrope::pipelines {

BOOST_DEFINE_ENUM_CLASS(Status, queued, running, succeeded, partial, failed, cancelled)

// How many of its files are where.
struct Counts {
    std::int64_t files = 0;
    std::int64_t running = 0;
    std::int64_t succeeded = 0;
    std::int64_t failed = 0;
    std::int64_t cancelled = 0;
    std::int64_t refused = 0;  // of those that failed: they could not be used at all
};
Status status_of(const Counts& counts);
inline bool is_over(Status status) { return status > Status::running; }

// In a list.
struct Pipeline {
    PipelineId id;
    std::string name;  // of its first file
    Status status{};
    std::string model;
    std::int64_t files = 0;
    std::int64_t succeeded = 0;
    std::int64_t failed = 0;
    std::int64_t cancelled = 0;
    Instant created_at;
    std::optional<Instant> finished_at;
    static constexpr std::string_view schema_name = "Pipeline";
};
BOOST_DESCRIBE_STRUCT(
    Pipeline,
    (),
    (id, name, status, model, files, succeeded, failed, cancelled, created_at, finished_at)
)

struct BatchFile {
    FileId file_id;
    std::string name;
    Status status{};
    double progress = 0;  // 0..1
    std::string stage;    // what is being done, in plain words
    std::optional<generation::Wait> wait;
    std::optional<AssetId> asset_id;            // this and the next: absent when the file
    std::optional<GenerationId> generation_id;  // could not be used
    std::vector<generation::Output> outputs;
    std::optional<std::string> error;
    static constexpr std::string_view schema_name = "BatchFile";
};
BOOST_DESCRIBE_STRUCT(
    BatchFile,
    (),
    (file_id, name, status, progress, stage, wait, asset_id, generation_id, outputs, error)
)

struct Batch {
    std::string job_id;
    Status status{};
    double progress = 0;                      // 0..1: the mean of its files
    std::optional<std::int64_t> position;     // in the queue, of the first that waits; from 1
    std::optional<std::int64_t> eta_seconds;  // absent when it is over, or nobody can tell yet
    std::string model;
    std::string queue;
    std::vector<BatchFile> files;
    Instant created_at;
    std::optional<Instant> finished_at;
    static constexpr std::string_view schema_name = "Batch";
};
BOOST_DESCRIBE_STRUCT(
    Batch,
    (),
    (job_id, status, progress, position, eta_seconds, model, queue, files, created_at, finished_at)
)

// What is known of a batch from its start on.
struct Facts {
    struct File {
        FileId id;
        std::string name;
        std::optional<AssetId> asset_id;
        std::optional<GenerationId> generation_id;
        std::optional<std::string> error;
    };
    PipelineId id;
    UserId owner;
    std::string model;
    std::string queue;
    Instant created_at;
    std::vector<File> files;
};

struct Limits {
    std::int64_t files_max = 500;                      // in a batch: an evening's work of a laptop
    std::uint64_t bytes_max = std::uint64_t(4) << 30;  // of a whole request
};

// Who asks for which batch.
struct Asked {
    UserId owner;
    PipelineId id;
};
struct Deps;
Async<std::vector<std::optional<Batch>>> read_together(Deps& deps, std::vector<Asked> asked);

struct Deps {
    generation::Deps& generation;
    Offload& threads;   // that pack zips
    Executor executor;  // that reads batches
    Limits limits;
    unsigned engines = 1;                // of this process: how many files are rendered at a time
    std::chrono::seconds heartbeat{15};  // on quiet streams
    BatcherConfig together;
    cache::Lru<PipelineId, std::shared_ptr<const Facts>> facts{1000};
    // Clients ask again and again, many at a time: what comes together is read together.
    Batcher<Asked, std::optional<Batch>> reads{
        executor,
        together,
        [this](std::vector<Asked> asked) { return read_together(*this, std::move(asked)); }
    };
};

// Of generations: whose pipelines change with them.
generation::OnChange on_change();

void mount(http::Router& router, Deps& deps);
// Of the library: a batch's file goes on without its picture.
Async<void> let_go(db::Session& db, const library::Asset& asset, Instant now);
accounts::OwnedData owned_data(Deps& deps);

}  // namespace zoetrope::pipelines
