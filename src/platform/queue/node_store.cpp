// Who is heard of, and what becomes of the tasks of those who are not.
#include "platform/base/json/read.hpp"
#include "platform/base/json/write.hpp"
#include "platform/queue/clock.hpp"
#include "platform/queue/store.hpp"

namespace zoetrope::queue {

#define ADD_NODE(clock)                                                                    \
    "INSERT INTO nodes (name, queues, listens, started_at, heartbeat_at) VALUES ($1, $2, " \
    "$3, " clock ", " clock ") RETURNING id"
constexpr db::Sql add_node_sql{
    "queue.add_node", ADD_NODE(CLOCK_SQLITE), db::Coalesce::singly, ADD_NODE(CLOCK_POSTGRES)
};

namespace {

struct Joined {
    NodeId id;
};
BOOST_DESCRIBE_STRUCT(Joined, (), (id))

}  // namespace

Async<NodeId> add_node(
    db::Session& db, const std::string& name, const std::vector<std::string>& queues, bool listens
) {
    const json::Raw served{json::to_string(queues)};
    co_return (co_await db.one<Joined>(add_node_sql, name, served, listens))->id;
}

#define ADD_AGAIN(clock)                                                                           \
    "INSERT INTO nodes (id, name, queues, listens, started_at, heartbeat_at) VALUES ($1, $2, $3, " \
    "$4, " clock ", " clock ") ON CONFLICT (id) DO NOTHING"
constexpr db::Sql add_node_again_sql{
    "queue.add_node_again", ADD_AGAIN(CLOCK_SQLITE), db::Coalesce::singly, ADD_AGAIN(CLOCK_POSTGRES)
};

Async<void> add_node_again(
    db::Session& db,
    NodeId node,
    const std::string& name,
    const std::vector<std::string>& queues,
    bool listens
) {
    const json::Raw served{json::to_string(queues)};
    co_await db.send(add_node_again_sql, node, name, served, listens);
}

#define BEAT(clock) "UPDATE nodes SET heartbeat_at = " clock " WHERE id = $1"
constexpr db::Sql beat_sql{
    "queue.beat", BEAT(CLOCK_SQLITE), db::Coalesce::singly, BEAT(CLOCK_POSTGRES)
};

Async<bool> beat(db::Session& db, NodeId node) {
    co_return co_await db.execute(beat_sql, node) == 1;
}

constexpr db::Sql remove_node_sql{"queue.remove_node", "DELETE FROM nodes WHERE id = $1"};

Async<void> remove_node(db::Session& db, NodeId node) { co_await db.send(remove_node_sql, node); }

#define REMOVE_SILENT(clock)                        \
    "DELETE FROM nodes WHERE heartbeat_at < " clock \
    " - $1 AND NOT EXISTS (SELECT 1 FROM tasks "    \
    "WHERE node_id = nodes.id AND state = 'running')"
constexpr db::Sql remove_silent_sql{
    "queue.remove_silent",
    REMOVE_SILENT(CLOCK_SQLITE),
    db::Coalesce::singly,
    REMOVE_SILENT(CLOCK_POSTGRES)
};

Async<std::int64_t> remove_silent(db::Session& db, std::chrono::microseconds silence) {
    co_return co_await db.execute(remove_silent_sql, silence.count());
}

#define ALIVE(clock) \
    "SELECT id, queues, listens FROM nodes WHERE heartbeat_at >= " clock " - $1 ORDER BY id"
constexpr db::Sql list_alive_sql{
    "queue.list_alive", ALIVE(CLOCK_SQLITE), db::Coalesce::singly, ALIVE(CLOCK_POSTGRES)
};

namespace {

struct PeerRow {
    NodeId id;
    std::string queues;
    bool listens = false;
};
BOOST_DESCRIBE_STRUCT(PeerRow, (), (id, queues, listens))

}  // namespace

Async<std::vector<Peer>> list_alive(db::Session& db, std::chrono::microseconds patience) {
    std::vector<Peer> out;
    for (const PeerRow& row : co_await db.all<PeerRow>(list_alive_sql, patience.count())) {
        auto queues = json::read<std::vector<std::string>>(row.queues);
        out.push_back(
            {row.id, queues ? *std::move(queues) : std::vector<std::string>{}, row.listens}
        );
    }
    co_return out;
}

#define PUT_BACK(which)                                                                       \
    "UPDATE tasks SET state = 'available', crashes = crashes + 1, error = 'the process that " \
    "ran it died' WHERE state = 'running' AND " which
#define SILENT(clock)                                                            \
    PUT_BACK("node_id NOT IN (SELECT id FROM nodes WHERE heartbeat_at >= " clock \
             " - coalesce(patience_us, $1) OR patience_us > $2)")
constexpr db::Sql take_over_sql{
    "queue.take_over", SILENT(CLOCK_SQLITE), db::Coalesce::singly, SILENT(CLOCK_POSTGRES)
};

Async<std::int64_t> take_over(
    db::Session& db, std::chrono::microseconds patience, std::chrono::microseconds heard_for
) {
    co_return co_await db.execute(take_over_sql, patience.count(), heard_for.count());
}

constexpr db::Sql take_over_all_sql{
    "queue.take_over_all",
    PUT_BACK("(node_id IS NULL OR (node_id <> $1 AND node_id NOT IN "
             "(SELECT id FROM nodes WHERE patience_us IS NOT NULL)))")
};

Async<std::int64_t> take_over_all(db::Session& db, NodeId own) {
    co_return co_await db.execute(take_over_all_sql, own);
}

}  // namespace zoetrope::queue
