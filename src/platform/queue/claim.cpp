// Which of the available tasks a node takes next.
#include <algorithm>
#include <map>
#include <tuple>

#include "platform/base/json/write.hpp"
#include "platform/queue/store.hpp"

namespace zoetrope::queue {

#define CLAIM(which)                                                                            \
    "UPDATE tasks SET state = 'running', attempt = attempt + 1, node_id = $1, started_at = $2 " \
    "WHERE id " which                                                                           \
    " RETURNING id, queue, kind, args, priority, order_key, attempt, attempts_max, crashes, "   \
    "node_id, effect_at"
#define CLAIMABLE                                          \
    "FROM tasks WHERE queue = $3 AND state = 'available' " \
    "AND NOT EXISTS (SELECT 1 FROM paused_queues WHERE name = $3) "
#define IN_TURN "ORDER BY priority DESC, order_key, id LIMIT $4"

static void sort(std::vector<Task>& claimed) {  // they come in no order
    std::ranges::sort(claimed, {}, [](const Task& task) {
        return std::tuple(-task.priority, task.order_key, task.id);
    });
}

// As an array, so that the plan never walks the table.
constexpr db::Sql claim_available_sql{
    "queue.claim_available",
    CLAIM("IN (SELECT id " CLAIMABLE IN_TURN ")"),
    db::Coalesce::singly,
    CLAIM("= ANY(ARRAY(SELECT id " CLAIMABLE IN_TURN " FOR UPDATE SKIP LOCKED))")
};

Async<std::vector<Task>> claim_available(
    db::Session& db, const std::string& queue, Instant now, std::int64_t limit, NodeId node
) {
    auto claimed = co_await db.all<Task>(claim_available_sql, node, now, queue, limit);
    sort(claimed);
    co_return claimed;
}

#define LOST(held)                                                                         \
    "UPDATE tasks SET state = 'available', attempt = attempt - 1 WHERE state = 'running' " \
    "AND node_id = $1 AND ($2 = '' OR queue = $2) AND started_at <= $4 AND id NOT IN (" held ")"
constexpr db::Sql put_back_lost_sql{
    "queue.put_back_lost",
    LOST("SELECT value FROM json_each($3)"),
    db::Coalesce::singly,
    LOST("SELECT CAST(json_array_elements_text(CAST($3 AS json)) AS bigint)")
};

Async<std::int64_t> put_back_lost(
    db::Session& db,
    NodeId node,
    const std::string& queue,
    const std::vector<TaskId>& held,
    Instant before
) {
    co_return co_await db.execute(
        put_back_lost_sql, node, queue, json::Raw{json::to_string(held)}, before
    );
}

namespace {

struct Candidate {
    TaskId id;
    std::optional<UserId> owner_id;
};
BOOST_DESCRIBE_STRUCT(Candidate, (), (id, owner_id))

struct OwnersRunning {
    UserId owner_id;
    std::int64_t running = 0;
};
BOOST_DESCRIBE_STRUCT(OwnersRunning, (), (owner_id, running))

// How many more each owner may have running.
class Allowance {
  public:
    Allowance(const std::vector<OwnersRunning>& running, std::int64_t each_max)
        : each_max_(each_max) {
        for (const OwnersRunning& each : running) taken_[each.owner_id] = each.running;
    }
    bool take(const Candidate& candidate) {
        if (!candidate.owner_id) return true;
        std::int64_t& taken = taken_[*candidate.owner_id];
        if (taken >= each_max_) return false;
        ++taken;
        return true;
    }
    std::vector<UserId> used_up() const {
        std::vector<UserId> out;
        for (const auto& [owner, taken] : taken_) {
            if (taken >= each_max_) out.push_back(owner);
        }
        return out;
    }

  private:
    std::int64_t each_max_;
    std::map<UserId, std::int64_t> taken_;
};

}  // namespace

// Two nodes that counted at once would both see the place that only one may take.
constexpr db::Sql one_at_a_time_sql{
    "queue.one_at_a_time",
    "SELECT 1",
    db::Coalesce::singly,
    "SELECT count(*) FROM (SELECT pg_advisory_xact_lock(hashtextextended('zoetrope.queue.' || $1, "
    "0))) AS taken"
};
constexpr db::Sql owners_running_sql{
    "queue.owners_running",
    "SELECT owner_id, count(*) AS running FROM tasks WHERE queue = $1 AND state = 'running' AND "
    "owner_id IS NOT NULL GROUP BY owner_id"
};
#define CANDIDATES(full)                                                       \
    "SELECT id, owner_id FROM tasks WHERE queue = $1 AND state = 'available' " \
    "AND NOT EXISTS (SELECT 1 FROM paused_queues WHERE name = $1) "            \
    "AND (owner_id IS NULL OR owner_id NOT IN (" full                          \
    ")) "                                                                      \
    "ORDER BY priority DESC, order_key, id LIMIT $3"
constexpr db::Sql candidates_sql{
    "queue.candidates",
    CANDIDATES("SELECT value FROM json_each($2)"),
    db::Coalesce::singly,
    CANDIDATES("SELECT CAST(json_array_elements_text(CAST($2 AS json)) AS bigint)")
};
constexpr db::Sql claim_these_sql{
    "queue.claim_these",
    CLAIM("IN (SELECT value FROM json_each($3)) AND state = 'available'"),
    db::Coalesce::singly,
    CLAIM("IN (SELECT CAST(json_array_elements_text(CAST($3 AS json)) AS bigint)) AND state = "
          "'available'")
};

// The first `limit` of those whose owners may have more.
static Async<std::vector<TaskId>> choose(
    db::Session& db, const std::string& queue, std::int64_t limit, Allowance allowance
) {
    std::vector<TaskId> chosen;
    while (std::ssize(chosen) < limit) {
        const auto before = std::ssize(chosen);
        const std::int64_t looked_at = before + 2 * limit;
        const auto found = co_await db.all<Candidate>(
            candidates_sql, queue, json::Raw{json::to_string(allowance.used_up())}, looked_at
        );
        for (const Candidate& each : found) {
            if (std::ssize(chosen) == limit) break;
            if (std::ranges::find(chosen, each.id) != chosen.end()) continue;
            if (allowance.take(each)) chosen.push_back(each.id);
        }
        // Behind those whose owners came to their limit just now there may be others'.
        if (std::ssize(found) < looked_at || std::ssize(chosen) == before) break;
    }
    co_return chosen;
}

namespace {

struct Wanted {
    const std::string& queue;
    Instant now;
    std::int64_t limit;
    NodeId node;
    std::int64_t each_max;
};

}  // namespace

static Async<std::vector<Task>> claim_in_turn(db::Transaction& db, const Wanted& wanted) {
    co_await db.send(one_at_a_time_sql, wanted.queue);
    const auto running = co_await db.all<OwnersRunning>(owners_running_sql, wanted.queue);
    const auto chosen = co_await choose(db, wanted.queue, wanted.limit, {running, wanted.each_max});
    co_return co_await db.all<Task>(
        claim_these_sql, wanted.node, wanted.now, json::Raw{json::to_string(chosen)}
    );
}

Async<std::vector<Task>> claim_within(
    db::Pool& db,
    const std::string& queue,
    Instant now,
    std::int64_t limit,
    NodeId node,
    std::int64_t each_max
) {
    // Mostly nothing waits: then nobody is kept from writing for it.
    if ((co_await db.all<Candidate>(candidates_sql, queue, json::Raw{"[]"}, 1)).empty())
        co_return std::vector<Task>{};
    const Wanted wanted{queue, now, limit, node, each_max};
    auto claimed = co_await db::transact(db, [&](db::Transaction& transaction) {
        return claim_in_turn(transaction, wanted);
    });
    sort(claimed);
    co_return claimed;
}

}  // namespace zoetrope::queue
