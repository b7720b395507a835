#include "features/generation/progress.hpp"

#include "platform/base/json/write.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::generation {

namespace {

// At most so often others hear of one; a look without being told is as often as any.
constexpr std::chrono::milliseconds write_pause{250};
constexpr std::chrono::milliseconds read_pause{1000};
constexpr std::string_view notice = "progress";

struct Written {
    GenerationId id;
};
BOOST_DESCRIBE_STRUCT(Written, (), (id))

struct Running {
    GenerationId id;
    UserId owner_id;
    double progress = 0;
    std::string stage;
};
BOOST_DESCRIBE_STRUCT(Running, (), (id, owner_id, progress, stage))

}  // namespace

ProgressBoard::ProgressBoard(
    events::Hub& hub,
    db::Pool& db,
    db::Notices* notices,
    asio::io_context& io,
    const BatcherConfig& together
)
    : hub_(hub),
      db_(db),
      notices_(notices),
      writes_(io, write_pause),
      reads_(io, read_pause),
      remote_(io.get_executor(), together, [this](std::vector<Reached> all) {
          return write_all(std::move(all));
      }) {
    if (notices_)
        notices_->listen(std::string(notice), [this](std::string_view) { reads_.hurry(); });
}

void ProgressBoard::start() {
    if (!notices_) return;
    writes_.start([this] { return look(write()); });
    reads_.start([this] { return look(read()); });
}

void ProgressBoard::stop() {
    if (!notices_) return;
    writes_.stop();
    reads_.stop();
}

void ProgressBoard::set(UserId owner, GenerationId id, double progress, const std::string& stage) {
    const Entry entry{progress, stage};
    {
        const std::lock_guard lock(mutex_);
        own_[id] = entry;
        if (notices_) changed_.insert(id);
    }
    tell(owner, id, entry);
}

void ProgressBoard::tell(UserId owner, GenerationId id, const Entry& entry) {
    std::string data = R"({"progress":)";
    json::write(data, entry.progress);
    data += R"(,"stage":)";
    json::write_string(data, entry.stage);
    hub_.publish_passing(owner, "generations", "generation.progress", id.str(), data + "}");
}

std::optional<ProgressBoard::Entry> ProgressBoard::get(GenerationId id) const {
    const std::lock_guard lock(mutex_);
    const auto found = own_.find(id);
    return found == own_.end() ? std::nullopt : std::optional(found->second);
}

void ProgressBoard::erase(GenerationId id) {
    const std::lock_guard lock(mutex_);
    own_.erase(id);
    changed_.erase(id);
}

Async<void> ProgressBoard::set_remote(
    UserId owner, GenerationId id, double progress, std::string stage
) {
    if (!co_await remote_.ask({id, progress, stage})) co_return;
    tell(owner, id, {progress, stage});
    if (notices_) notices_->tell(notice);
}

Async<void> ProgressBoard::look(Async<void> work) {
    try {
        co_await std::move(work);
    } catch (const std::exception& error) {
        telemetry::debug("progress is not shared: {}", error.what());
    }
}

#define WRITE(told)                                                             \
    "UPDATE generations SET progress = p.progress, stage = p.stage FROM (" told \
    ") AS p WHERE generations.id = p.id AND state = 'running' RETURNING generations.id"
constexpr db::Sql write_progress_sql{
    "generation.write_progress",
    WRITE(
        "SELECT value ->> 'id' AS id, value ->> 'progress' AS progress, value ->> 'stage' AS stage "
        "FROM json_each($1)"
    ),
    db::Coalesce::singly,
    WRITE("SELECT * FROM json_to_recordset(CAST($1 AS json)) AS each (id text, progress double "
          "precision, stage text)")
};

Async<std::vector<bool>> ProgressBoard::write_all(std::vector<Reached> all) {
    std::set<GenerationId> running;
    for (const auto& row :
         co_await db_.all<Written>(write_progress_sql, json::Raw{json::to_string(all)}))
        running.insert(row.id);
    std::vector<bool> out;
    out.reserve(all.size());
    for (const Reached& each : all) out.push_back(running.contains(each.id));
    co_return out;
}

Async<void> ProgressBoard::write() {
    std::vector<Reached> changes;
    {
        const std::lock_guard lock(mutex_);
        for (const GenerationId& id : std::exchange(changed_, {}))
            changes.push_back({id, own_[id].progress, own_[id].stage});
    }
    if (changes.empty()) co_return;
    co_await write_all(std::move(changes));
    notices_->tell(notice);
}

constexpr db::Sql running_sql{
    "generation.running",
    "SELECT id, owner_id, progress, stage FROM generations WHERE state = 'running'"
};

Async<void> ProgressBoard::read() {
    if (!hub_.has_listeners()) co_return;
    const auto rows = co_await db_.all<Running>(running_sql);
    std::map<GenerationId, Entry> now;
    std::vector<const Running*> news;
    {
        const std::lock_guard lock(mutex_);
        for (const Running& row : rows) {
            if (own_.contains(row.id)) continue;
            const Entry& entry = now[row.id] = {row.progress, row.stage};
            const auto before = others_.find(row.id);
            if (!row.stage.empty() && (before == others_.end() || before->second != entry))
                news.push_back(&row);
        }
        others_ = std::move(now);
    }
    for (const Running* each : news) tell(each->owner_id, each->id, {each->progress, each->stage});
}

}  // namespace zoetrope::generation
