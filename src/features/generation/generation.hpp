// One invocation of one model by one user.
//
//   queued -> running -> succeeded
//      ^ |       |-----> failed      (the input's fault, or attempts ran out; `error` says which in
//      | |       |          |        plain words)
//      | '-------'-----> cancelled
//      '----(retried)-------'
//
// Each state is written in one transaction with its event and, at the end, with the outputs: a
// half-made result is never visible. A generation whose process died goes on from `running` at the
// next start.
#pragma once

#include <boost/describe/enum.hpp>
#include <functional>
#include <string>
#include <vector>

#include "features/events/events.hpp"
#include "features/generation/progress.hpp"
#include "features/library/library.hpp"
#include "platform/base/turns.hpp"
#include "platform/cache/lru.hpp"
#include "platform/json_schema/json_schema.hpp"
#include "platform/queue/pools.hpp"

namespace zoetrope::accounts {
struct OwnedData;
}

namespace zoetrope::generation {

BOOST_DEFINE_ENUM_CLASS(State, queued, running, succeeded, failed, cancelled)
BOOST_DEFINE_ENUM_CLASS(Role, video, video_webm, poster, mesh, print, preview, picture)

// An asset, and what it is to the generation that made it.
struct Output : library::Asset {
    Role role{};
    static constexpr std::string_view schema_name = "Output";
};
BOOST_DESCRIBE_STRUCT(Output, (library::Asset), (role))

// Of one that is queued.
struct Wait {
    std::optional<std::int64_t> position;  // in its queue, from 1; absent beyond a thousand
    std::string reason;                    // `3rd of yours`
    static constexpr std::string_view schema_name = "Wait";
};
BOOST_DESCRIBE_STRUCT(Wait, (), (position, reason))

struct Generation {
    GenerationId id;
    std::string model;
    std::string queue;  // that it waits in
    State state{};
    double progress = 0;  // 0..1
    std::string stage;    // what it is doing, in plain words
    std::optional<Wait> wait;
    json::Raw inputs;  // as asked, with the model's defaults filled in
    std::vector<Output> outputs;
    std::optional<std::string> error;
    std::optional<std::string> note;  // something worth knowing about a success
    Instant created_at;
    std::optional<Instant> started_at;
    std::optional<Instant> finished_at;
    static constexpr std::string_view schema_name = "Generation";
};
BOOST_DESCRIBE_STRUCT(
    Generation,
    (),
    (id,
     model,
     queue,
     state,
     progress,
     stage,
     wait,
     inputs,
     outputs,
     error,
     note,
     created_at,
     started_at,
     finished_at)
)

struct Model {
    std::string id;
    std::string name;
    std::string provider;
    library::Kind produces{};
    bool generative = false;  // whether it invents anything; the local engines do not
    std::string description;
    json::Raw inputs;  // JSON Schema; `x-asset` marks a reference to an asset of that kind
    std::optional<std::string> specialisation;  // that a remote worker must have
    std::optional<std::string> notice;          // what this server lacks for it, in words
    static constexpr std::string_view schema_name = "Model";
};
BOOST_DESCRIBE_STRUCT(
    Model,
    (),
    (id, name, provider, produces, generative, description, inputs, specialisation, notice)
)
// A model whose input schema was checked and compiled.
struct UsableModel : Model {
    json_schema::JsonSchema schema;
};
inline constexpr std::string_view local_provider = "local";
inline constexpr std::string_view remote_provider = "remote";  // workers of their own claim it

inline constexpr std::string_view default_queue = "model_generation";

struct NewGeneration {
    std::string model;
    json::Raw inputs;
    std::optional<std::string> queue;   // absent: the default one
    std::optional<std::string> region;  // of a remote worker; absent: any
    static constexpr std::string_view schema_name = "NewGeneration";
    static constexpr bool is_request = true;
};
BOOST_DESCRIBE_STRUCT(NewGeneration, (), (model, inputs, queue, region))

// The models this server brings along, from models/*.json.
const std::vector<UsableModel>& catalogue();

// What can be invoked: those, and what remote workers declared. Any thread.
class Models {
  public:
    // `matte_weights`: the file of the cut-out network, which may be missing.
    Models(db::Pool& db, std::string matte_weights)
        : db_(db),
          matte_weights_(std::move(matte_weights)) {}
    // Null when there is none, or when its stored definition is unusable. Cached for a while.
    Async<std::shared_ptr<const UsableModel>> find(std::string id);
    Async<std::vector<Model>> list();
    // In the caller's transaction; forget() the model once that has committed.
    // Gives an id that nobody has to `owner`, with this definition. Whether the model stands as it
    // is given: if not, redefine() replaces it. Errors: conflict when the id is another user's.
    Async<Result<bool>> declare(db::Session& db, UserId owner, const Model& model, Instant now);
    Async<void> redefine(db::Session& db, const Model& model);
    Async<std::int64_t> count(db::Session& db, UserId owner);
    // Errors: not_found; conflict for a model of this server's own.
    Async<Result<void>> remove(db::Session& db, const std::string& id);
    void forget(const std::string& id) {
        kept_.erase(id);
        kept_list_.erase("");
    }

  private:
    static constexpr std::chrono::seconds kept_max{5};  // what other processes changed counts then
    db::Pool& db_;
    std::string matte_weights_;
    cache::Lru<std::string, std::shared_ptr<const UsableModel>> kept_{1000, kept_max};
    cache::Lru<std::string, std::vector<Model>> kept_list_{1, kept_max};  // under no name
};
// Whether a remote worker may declare it. Errors: invalid, naming the member that is off.
Result<void> check_remote(const Model& model);
// `eu-west-1`
bool is_region(std::string_view text);
// Where what remote workers make waits for them. Without a region: for a worker anywhere.
std::string remote_queue(std::string_view model, std::string_view region = {});

// How users share the queue: the turns of one user of the role for each of a user whose weight
// is 1.
struct Weights {
    int member = 1;
    int admin = 1;
    int of(http::Role role) const { return role == http::Role::admin ? admin : member; }
};

// Of a feature above: what changes for it when generations of `owner` change their state, in the
// same transaction. The events are told with those of the generations.
using OnChange = std::function<Async<std::vector<events::Event>>(
    db::Transaction&, UserId owner, const std::vector<GenerationId>&, Instant
)>;

struct Deps {
    library::Deps& library;
    Models& models;
    queue::Pools& pools;
    ProgressBoard& progress;
    Turns& mattes;              // cut-outs are made one at a time
    std::string matte_weights;  // the cut-out network's file; empty: photos are treated as having
                                // no clear subject
    Weights weights;
    OnChange on_change = {};
};

// Checks the inputs against the model's schema, then inserts the generation, its task and its event
// together. A key that was seen before gets the first answer again. Errors: invalid naming each
// field; not_found for an asset that is not the caller's.
Async<Result<Generation>> create(
    Deps& deps, queue::Share share, NewGeneration wanted, std::string idempotency_key
);
// Errors: not_found.
Async<Result<Generation>> find(Deps& deps, UserId owner, GenerationId id);
// Errors: not_found; conflict when it has finished.
Async<Result<Generation>> cancel(Deps& deps, UserId owner, GenerationId id);
// Makes one again that failed or was cancelled, with the same inputs. Errors: not_found; conflict
// when it is in another state.
Async<Result<Generation>> retry(Deps& deps, queue::Share share, GenerationId id);

// Those of these that are there, with their progress; in any order.
Async<std::vector<Generation>> find_all(
    Deps& deps, UserId owner, const std::vector<GenerationId>& ids
);

// What is made of many pictures in the same way.
struct Recipe {
    std::shared_ptr<const UsableModel> model;
    std::string queue;
    std::string picture;  // the input that each picture goes to
    json::Raw inputs;     // the others
};
// Errors: invalid, naming `model`, `queue`, `inputs.<path>`.
Async<Result<Recipe>> recipe_of(Deps& deps, NewGeneration wanted);
// One of each picture, in the caller's transaction; wake the recipe's queue after the commit. The
// pictures are the owner's. In their order.
struct MadeOfEach {
    std::vector<GenerationId> ids;
    std::vector<events::Event> events;  // to be published then
};
Async<MadeOfEach> create_each(
    db::Transaction& db,
    queue::Share share,
    const Recipe& recipe,
    const std::vector<AssetId>& pictures,
    Instant now
);
// Of those that can still be cancelled, or made again; how many. All or none.
Async<std::int64_t> cancel_all(Deps& deps, UserId owner, std::vector<GenerationId> ids);
Async<std::int64_t> retry_all(Deps& deps, queue::Share share, std::vector<GenerationId> ids);
// What those that succeeded lately took, in seconds; nothing when there are none.
Async<std::optional<double>> usual_duration(db::Session& db, const std::string& model);

// For who runs them: the workers of this process, and those that claim over HTTP.

struct Job {
    GenerationId id;
    UserId owner_id;
    std::string model;
    State state{};
    std::optional<TaskId> task_id;  // that it has now
    json::Raw inputs;
};
BOOST_DESCRIBE_STRUCT(Job, (), (id, owner_id, model, state, task_id, inputs))

// An output that is staged, not yet kept.
struct Made {
    Role role{};
    library::Kind kind{};
    std::string media_type;
    std::string name;
    std::optional<std::int64_t> width;
    std::optional<std::int64_t> height;
    std::optional<std::int64_t> duration_ms;
    blobs::Staged file;
};
struct MadeAll {
    std::vector<Made> outputs;
    std::optional<std::string> note;
};

// What its inputs name. Errors: invalid, when they do not fit the model as it is now, or a file is
// gone.
struct InputFile {
    std::string input;
    library::Asset asset;
};
Async<Result<std::vector<InputFile>>> files_of(Deps& deps, const Job& job);

inline constexpr std::string_view task_kind = "generation.run";
// Of such a task, while there is one.
Async<std::optional<Job>> find_job_of(db::Session& db, const queue::Task& task);
// Each of these comes true only for the attempt that still has the task; else they answer false.
Async<bool> begin(Deps& deps, const queue::Task& task, const Job& job);
// Whether its owner may have more files: what has begun is kept beyond the quota, but nothing more
// begins then. Errors: over_quota.
Async<Result<void>> has_room(Deps& deps, const Job& job);
// Keeps the files, then makes them visible with the success, all at once. Errors: storage_full.
Async<Result<bool>> succeed(Deps& deps, const queue::Task& task, const Job& job, MadeAll made);
Async<bool> fail(Deps& deps, const queue::Task& task, const Job& job, const std::string& error);

// Fails the generations that wait for a remote model which was removed. How many.
Async<std::int64_t> end_orphans(Deps& deps);
queue::Schedule clean_up_schedule();  // does the same for those that came in meanwhile

// Of the tasks that run generations and end orphans.
void add_handlers(Deps& deps, queue::Handlers& handlers);
void mount(http::Router& router, Deps& deps);
// Of the library: whether a cut-out needs a blob.
const db::Sql& holds_blob_statement();
// Of the library: outputs, and the cut-out of a picture that nobody else has, go with an asset.
Async<void> let_go(db::Session& db, const library::Asset& asset, Instant now);
accounts::OwnedData owned_data(Deps& deps);

}  // namespace zoetrope::generation
