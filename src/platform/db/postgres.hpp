// PostgreSQL: libpq in pipeline mode on the I/O threads. Single statements of many requests share a
// few connections of their core; a transaction has one to itself. See postgres_connection.hpp for
// the wire and postgres_batch.hpp for what runs together.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "platform/base/offload.hpp"
#include "platform/db/session.hpp"

namespace zoetrope::db {

struct PostgresConfig {
    std::string url;  // postgres://user:password@host/name, or any libpq connection string
    // Per process, split over its cores.
    unsigned size = 20;                 // connections kept open; enough for two cores' transactions
    unsigned overflow = 30;             // more of them in a rush, closed afterwards
    unsigned shared = 2;                // of each core's, for single statements
    unsigned shared_behind_pooler = 8;  // instead: there each carries one at a time
    bool pre_ping = true;  // looks whether a connection is still there before it is used
    std::chrono::seconds recycle{3600};               // older ones are replaced: firewalls forget
    std::chrono::milliseconds acquire_max{5000};      // then 503
    std::chrono::milliseconds statement_max{30'000};  // then timeout; 0: the server's own
    std::chrono::milliseconds list_max{1000};         // the same for Limit::list; 0: as the others
    std::chrono::seconds connect_max{5};
    // Behind a pooler in transaction mode there is no session: nothing is prepared or set.
    bool behind_pooler = false;
};

// Connects lazily; `cores` are the contexts whose coroutines will use the pool. `blocking` does
// the connecting, which libpq can only do while it blocks on name resolution.
std::unique_ptr<Pool> open_postgres(
    const PostgresConfig& config, const std::vector<asio::io_context*>& cores, Offload& blocking
);

// How pg_stat_activity shows this process.
std::string application_name();

// A sentence for the operator when the processes at work now may together want more connections
// than the server allows. A pool that is behind a pooler is not asked.
Async<std::optional<std::string>> too_many_connections(
    Session& db, PostgresConfig config, unsigned cores
);

}  // namespace zoetrope::db
