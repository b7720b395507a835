// Durable tasks. A task is inserted in the transaction of the row that causes it, so either both
// exist or neither.
//
//   insert --> scheduled --(due)--> available --(claimed)--> running --> completed
//        '----------------------------^  ^                    | | |---> discarded
//                                        |                    | | |---> unknown
//                 retryable --(due)------'                    | | '---> cancelled
//                     ^------------------(failed, snoozed)----' |
//                                        '---(handed back, died)'
//   cancelled also from scheduled, available and retryable
//
// The four on the left are rows of `tasks`; the four on the right have moved to `finished_tasks`.
// Discarded: the handler gave up, attempts ran out, or its processes died `crashes_max` times.
// Unknown: its process died after an effect had begun that must not happen twice, and nobody can
// tell whether it did.
//
// Who runs a task is a node: a process with a heartbeat in the database. When it falls silent, its
// tasks are available again. A node that was only thought dead cannot settle what was taken from
// it: settling is fenced by node and attempt.
#pragma once

#include <algorithm>
#include <boost/describe/enum.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "platform/base/ids.hpp"
#include "platform/base/json/traits.hpp"
#include "platform/base/time.hpp"
#include "platform/db/session.hpp"

namespace zoetrope::queue {

BOOST_DEFINE_ENUM_CLASS(
    TaskState, scheduled, available, running, retryable, completed, discarded, cancelled, unknown
)

inline constexpr std::string_view maintenance = "maintenance";  // the queue of the house itself

// Whose a task is. Within a queue and a priority the owners' tasks take turns, so that somebody
// with a thousand waiting does not keep the single one of another from its start.
struct Share {
    UserId owner;
    int weight = 1;  // turns for each of an owner whose weight is 1
};

struct NewTask {
    std::string queue;
    std::string kind;  // chooses the handler: `generation.run`
    json::Raw args;
    int attempts_max = 5;
    int priority = 0;                    // higher goes first
    std::chrono::microseconds delay{0};  // before it may begin
    // While a task of this kind and key is not over, no other is inserted. Empty: any number.
    std::string unique_key;
    std::optional<Share> share = {};  // nothing: of the house, before those of users
};

// In the caller's transaction; the id of the one that is there already when its key is taken. Call
// Workers::wake() after the commit.
Async<TaskId> insert(db::Session& db, const NewTask& task, Instant now);
// By itself, where nothing else must come true with it: those that arrive together become one
// statement.
Async<TaskId> insert(db::Pool& db, const NewTask& task, Instant now);
// The same task for each of many arguments, whose turns follow one another; no unique key. The ids
// in the order of the arguments.
Async<std::vector<TaskId>> insert_each(
    db::Session& db, const NewTask& task, const std::vector<json::Raw>& args, Instant now
);
// Cancels a task that has not started; false when it is running or finished (see
// Workers::interrupt). In a transaction.
Async<bool> cancel_waiting(db::Session& db, TaskId task, Instant now);

struct Task {
    TaskId id;
    std::string queue;
    std::string kind;
    json::Raw args;
    std::int64_t priority = 0;
    std::int64_t order_key = 0;  // among those of its priority: the lowest first
    std::int64_t attempt = 0;    // 1 at the first try
    std::int64_t attempts_max = 0;
    std::int64_t crashes = 0;  // attempts that ended with their process
    NodeId node_id;            // who runs it
    std::optional<Instant> effect_at;

    // Attempts before this one that failed by themselves.
    std::int64_t failures() const { return std::max<std::int64_t>(attempt - 1 - crashes, 0); }
};
BOOST_DESCRIBE_STRUCT(
    Task,
    (),
    (id, queue, kind, args, priority, order_key, attempt, attempts_max, crashes, node_id, effect_at)
)

// Takes the owner ($1) from up to $2 tasks.
extern const db::Sql disown_sql;

// Whether this attempt of this node still runs the task. To be asked in the transaction of a task's
// effect, which then comes true for one attempt only: until the commit nobody else takes the task.
Async<bool> is_still_ours(db::Session& db, const Task& task);
// Before an effect that must never happen twice and that no transaction can take back: a paid
// submit, a mail. True once for a task: from then on, when its process dies or its handler throws,
// the task ends `unknown`; a handler that answers Retry says that the effect did not happen.
Async<bool> begin_effect(db::Session& db, const Task& task, Instant now);

}  // namespace zoetrope::queue
