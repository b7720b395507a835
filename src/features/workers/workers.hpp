// Remote workers: programs on other machines, in any language, that serve models of their own. One
// registers with what it is and can, claims what waits for its models, says how far it is, and
// uploads what it made. It is a node of the queue: silent for longer than its patience, it loses
// its tasks to others.
//
//   register --> claim (waits a while) --> heartbeat (progress; hears what to stop) --> complete
//                  ^                                                            '-----> fail
//                  '------------------------------------------------------------------------'
//
// All of it needs an administrator's API key with the scope `workers`. A worker is used only by the
// user who registered it, and a model is declared only by workers of the user whose was first.
#pragma once

#include "features/generation/generation.hpp"
#include "platform/limits/open_per_user.hpp"

namespace zoetrope::workers {

// Of the machine, for people and for the worker's own use.
struct Device {
    std::string device;                      // `cuda:0`
    std::optional<std::int64_t> batch_size;  // inputs at a time
    std::optional<double> memory_fraction;   // 0..1 of the device's
    std::optional<bool> allow_growth;        // whether it takes memory as it needs it
    static constexpr std::string_view schema_name = "WorkerDevice";
};
BOOST_DESCRIBE_STRUCT(Device, (), (device, batch_size, memory_fraction, allow_growth))

struct NewWorker {
    std::string name;
    std::optional<std::string> region;         // `eu-west-1`: who asks for it is served from there
    std::int64_t capacity = 1;                 // tasks at a time
    std::vector<std::string> specialisations;  // its models may ask for them
    std::vector<generation::Model> models;     // that it serves; `provider` is `remote`
    std::optional<Device> device;
    static constexpr std::string_view schema_name = "NewWorker";
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(NewWorker, (), (name, region, capacity, specialisations, models, device))

struct Worker {
    NodeId id;
    std::string name;
    std::optional<std::string> region;
    std::int64_t capacity = 1;
    std::vector<std::string> specialisations;
    std::vector<std::string> models;
    std::optional<Device> device;
    bool alive = true;
    std::int64_t running = 0;
    Instant heartbeat_at;
    std::int64_t patience_s = 0;     // silent for longer, it loses its tasks
    std::optional<UserId> owner_id;  // who registered it; not shown
    static constexpr std::string_view schema_name = "Worker";
};
BOOST_DESCRIBE_STRUCT(
    Worker,
    (),
    (id,
     name,
     region,
     capacity,
     specialisations,
     models,
     device,
     alive,
     running,
     heartbeat_at,
     patience_s)
)

struct InputFile {
    std::string input;  // of the model
    std::string name;
    std::string media_type;
    std::string url;  // where its bytes are, for this worker
    static constexpr std::string_view schema_name = "InputFile";
};
BOOST_DESCRIBE_STRUCT(InputFile, (), (input, name, media_type, url))

// What a worker is to make.
struct Assignment {
    TaskId task_id;
    std::int64_t attempt = 0;
    GenerationId generation_id;
    std::string model;
    json::Raw inputs;
    std::vector<InputFile> files;
    static constexpr std::string_view schema_name = "Assignment";
};
BOOST_DESCRIBE_STRUCT(Assignment, (), (task_id, attempt, generation_id, model, inputs, files))

struct Deps {
    generation::Deps& generation;
    std::chrono::seconds patience{15};         // a few heartbeats over a bad line
    std::size_t per_user_max = 64;             // workers that one user has registered
    limits::OpenPerUser claims{per_user_max};  // that wait for work
};
void mount(http::Router& router, Deps& deps);
accounts::OwnedData owned_data(Deps& deps);

}  // namespace zoetrope::workers
