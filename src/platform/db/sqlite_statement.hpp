// What is handed to SQLite's threads, and how they are woken. Private to the part.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

#include "platform/db/sqlite_connection.hpp"

namespace zoetrope::db {

using Lock = std::unique_lock<std::mutex>;

struct Statement {
    Sql sql;
    std::vector<std::vector<Value>> rows;  // of parameters; nearly always one
    std::optional<Resolver<Rows>> done;    // nothing: nobody waits
};

inline Rows run_all(SqliteConnection& connection, const Statement& statement) {
    if (statement.rows.size() == 1)
        return connection.run(statement.sql.text, statement.rows.front(), statement.sql.limit);
    Rows out;
    for (const std::vector<Value>& params : statement.rows) {
        Rows one = connection.run(statement.sql.text, params);
        one.changed += out.changed;
        out = std::move(one);
    }
    return out;
}

struct Ending {
    bool commit;
    std::optional<Resolver<bool>> done;  // nobody waits for a rollback
};

// One transaction as the writer thread sees it: what its owner asked for and has not been done yet.
struct Exclusive {
    std::deque<std::variant<Statement, Ending>> asked;
    bool over = false;          // committed, rolled back, or out of time
    std::exception_ptr failed;  // of what, when it was that
};

inline std::exception_ptr out_of_time() {
    return std::make_exception_ptr(
        Failure("The transaction failed, or took longer than its deadline, and was rolled back.")
    );
}

// Wakes a thread once for all that one turn of an I/O loop hands it.
struct Bell : std::enable_shared_from_this<Bell> {
    std::condition_variable wake;

    void ring(const Executor& executor) {
        thread_local std::vector<const Bell*> ringing;
        if (std::ranges::find(ringing, this) != ringing.end()) return;
        ringing.push_back(this);
        asio::post(executor, [self = shared_from_this()] {
            std::erase(ringing, self.get());
            self->wake.notify_one();
        });
    }
};

}  // namespace zoetrope::db
