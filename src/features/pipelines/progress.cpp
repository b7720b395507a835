// What becomes of a pipeline when its generations change.
#include "features/pipelines/store.hpp"

namespace zoetrope::pipelines {

Status status_of(const Counts& counts) {
    const std::int64_t over = counts.succeeded + counts.failed + counts.cancelled;
    if (over < counts.files) {
        const bool begun = counts.running > 0 || over > counts.refused;
        return begun ? Status::running : Status::queued;
    }
    if (counts.succeeded == counts.files) return Status::succeeded;
    if (counts.succeeded > 0) return Status::partial;
    return counts.failed > 0 ? Status::failed : Status::cancelled;
}

namespace {

Async<std::vector<events::Event>> follow(
    db::Transaction& db, UserId owner, const std::vector<GenerationId>& generations, Instant now
) {
    std::vector<events::Event> told;
    for (const PipelineId id : co_await lock_of(db, generations)) {
        const Standing before = co_await count(db, id);
        const Standing after{status_of(before.counts), before.counts};
        co_await set_standing(db, id, after, now);
        if (after.status == before.status) continue;
        const std::string word = json::describe::enum_to_string(after.status, "");
        told.push_back(co_await events::append(
            db,
            {.owner = owner,
             .topic = "pipelines",
             .type = "pipeline." + word,
             .subject = std::to_string(id.value)},
            now
        ));
    }
    co_return told;
}

}  // namespace

generation::OnChange on_change() { return follow; }

}  // namespace zoetrope::pipelines
