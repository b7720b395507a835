// How far those that run have come: the latest value of each, told to who listens. In memory where
// one process does everything. On PostgreSQL also a column, written and read in groups, so that any
// process can tell of what another one runs.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "features/events/events.hpp"
#include "platform/base/batcher.hpp"
#include "platform/base/recurring.hpp"
#include "platform/db/notices.hpp"

namespace zoetrope::generation {

class ProgressBoard {
  public:
    struct Entry {
        double progress = 0;
        std::string stage;
        bool operator==(const Entry&) const = default;
    };
    // `notices`: to the other processes; nothing: there are none.
    ProgressBoard(
        events::Hub& hub,
        db::Pool& db,
        db::Notices* notices,
        asio::io_context& io,
        const BatcherConfig& together = {}
    );

    void start();
    // From outside the I/O threads.
    void stop();

    // Any thread. Of what this process runs, from set() to erase().
    void set(UserId owner, GenerationId id, double progress, const std::string& stage);
    void erase(GenerationId id);
    // Of what another machine runs: into its row at once, since anybody may be told next.
    Async<void> set_remote(UserId owner, GenerationId id, double progress, std::string stage);
    // Of what this process runs; of the others' their rows say it.
    std::optional<Entry> get(GenerationId id) const;

  private:
    void tell(UserId owner, GenerationId id, const Entry& entry);
    Async<void> write();
    Async<void> read();
    Async<void> look(Async<void> work);

    struct Reached {
        GenerationId id;
        double progress = 0;
        std::string stage;
        BOOST_DESCRIBE_CLASS(Reached, (), (id, progress, stage), (), ())
    };
    // Whether each still runs.
    Async<std::vector<bool>> write_all(std::vector<Reached> all);

    events::Hub& hub_;
    db::Pool& db_;
    db::Notices* const notices_;
    Recurring writes_, reads_;
    Batcher<Reached, bool> remote_;  // what other machines tell
    mutable std::mutex mutex_;
    std::map<GenerationId, Entry> own_;     // that run here
    std::set<GenerationId> changed_;        // of them, since the last write
    std::map<GenerationId, Entry> others_;  // that run elsewhere, as listeners were told last
};

}  // namespace zoetrope::generation
