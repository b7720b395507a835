// Asynchronous SQL. Pool and Transaction are both a Session, so a store function serves inside and
// outside a transaction. Statements use $1..$n on both databases. Nothing here blocks an I/O
// thread.
//
// What throws: Failure (the database is away, or the statement is broken), Violation (a constraint
// said no), Contended (another transaction was first), TimedOut, StorageRefused (full, read-only).
#pragma once

#include <boost/describe.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/base/async.hpp"
#include "platform/base/unavailable.hpp"
#include "platform/db/statistics.hpp"
#include "platform/db/value.hpp"

namespace zoetrope::db {

struct Failure : Unavailable {
    using Unavailable::Unavailable;
};

// The answer to a statement never came, so nobody knows whether it was applied; it is never sent
// again silently.
Failure lost(const std::string& why);

// 409 for a value that is taken, 422 for one that points nowhere or is out of bounds.
struct Violation : Refusal {
    enum class Kind : std::uint8_t { unique, foreign_key, not_null, check };
    // `field`: the column, or the columns separated by commas; empty when the database does not
    // say.
    Violation(Kind kind, std::string field);
    Kind kind;
    std::string field;
};

// Run the whole transaction again, as transact() does.
struct Contended : Refusal {
    Contended();
};

// The commit found the disk full, and space was freed since: the same once more may succeed.
struct RoomMade : Contended {
    RoomMade();
};

struct TimedOut : Refusal {
    TimedOut();
};

struct StorageRefused : Refusal {
    StorageRefused(Code code, std::string message);  // storage_full or unavailable
};

// What statements of one kind that arrive together may become. `together` on
//   INSERT INTO t (a, b) VALUES ($1, $2)              rows with ids drawn before; nothing returned
//   SELECT ... FROM t WHERE a = $1 AND b = $2         a look-up by a unique key
// in exactly these forms. Everything else runs singly.
enum class Coalesce : std::uint8_t { singly, together };

// Which setting limits a statement: db-statement-timeout or db-list-timeout. `list` is for a SELECT
// whose work grows with all that its owner has, whatever it answers. Outside of a transaction it
// runs where no other statement waits behind it: on SQLite beside a reader that is kept for the
// others, on PostgreSQL on a connection of its own.
enum class Limit : std::uint8_t { statement, list };

// A named statement: the name labels metrics, the slow log and the statement cache. Lives as a
// constant above its store function.
struct Sql {
    std::string_view name;
    std::string_view text;
    Coalesce coalesce = Coalesce::singly;
    std::string_view postgres = {};  // where the two must fork
    Limit limit = Limit::statement;

    constexpr bool reads() const {  // a plain SELECT may run beside the writer
        const std::size_t first = text.find_first_not_of(" \n\t");
        return first != std::string_view::npos && text.substr(first).starts_with("SELECT");
    }
};

enum class Dialect : std::uint8_t { sqlite, postgres };

class Session {
  public:
    virtual ~Session() = default;
    virtual Dialect dialect() const = 0;
    Async<Rows> run(const Sql& sql, std::vector<Value> params) {
        if (slow_plans_are_logged()) return run_and_explain(sql, std::move(params));
        return perform(sql, std::move(params), Timed(sql.name));
    }
    // For who does not need the answer. In a transaction it is not waited for: a failure is that of
    // the next statement that is, or of commit().
    template <class... A>
    Async<void> send(const Sql& sql, const A&... args) {
        return perform_later(sql, params(args...));
    }
    // One INSERT for many rows, all or nothing: one statement on PostgreSQL, one savepoint on
    // SQLite. `sql` has the first form that Coalesce names.
    Async<Rows> run_many(const Sql& sql, std::vector<std::vector<Value>> rows) {
        return perform_many(sql, std::move(rows), Timed(sql.name));
    }

    template <class T, class... A>
    Async<std::vector<T>> all(const Sql& sql, const A&... args) {
        co_return read_rows<T>(co_await run(sql, params(args...)));
    }
    // The first row, if there is one.
    template <class T, class... A>
    Async<std::optional<T>> one(const Sql& sql, const A&... args) {
        std::vector<T> rows = read_rows<T>(co_await run(sql, params(args...)));
        if (rows.empty()) co_return std::nullopt;
        co_return std::move(rows.front());
    }
    // Rows changed.
    template <class... A>
    Async<std::int64_t> execute(const Sql& sql, const A&... args) {
        co_return (co_await run(sql, params(args...))).changed;
    }

    template <class... A>
    static std::vector<Value> params(A&&... args) {
        std::vector<Value> out;
        out.reserve(sizeof...(A));
        (out.push_back(to_value(std::forward<A>(args))), ...);
        return out;
    }

  private:
    Async<Rows> run_and_explain(const Sql& sql, std::vector<Value> params);
    // `timed` is kept until the statement has ended.
    virtual Async<Rows> perform(const Sql& sql, std::vector<Value> params, Timed timed) = 0;
    virtual Async<void> perform_later(const Sql& sql, std::vector<Value> params) {
        co_await run(sql, std::move(params));
    }
    virtual Async<Rows> perform_many(
        const Sql& sql, std::vector<std::vector<Value>> rows, Timed timed
    ) = 0;
};

// Rolled back unless commit() was awaited, and after a statement of its failed: then all further
// ones and commit() throw. Keep it short: on SQLite nobody else writes meanwhile.
class Transaction : public Session {
  public:
    virtual Async<void> commit() = 0;
};

// What a pool is doing, for the operator.
struct PoolStatus {
    Dialect database{};
    std::int64_t size = 0;         // connections kept
    std::int64_t checked_in = 0;   // open and free
    std::int64_t checked_out = 0;  // held by a transaction
    std::int64_t shared = 0;       // open, carrying single statements of many requests
    std::int64_t overflow = 0;     // open beyond `size`
    std::int64_t overflow_max = 0;
    std::int64_t waiting = 0;  // transactions that wait for a connection
    static constexpr std::string_view schema_name = "PoolStatus";
};
BOOST_DESCRIBE_ENUM(Dialect, sqlite, postgres)
BOOST_DESCRIBE_STRUCT(
    PoolStatus,
    (),
    (database, size, checked_in, checked_out, shared, overflow, overflow_max, waiting)
)

class Pool : public Session {
  public:
    virtual Async<std::unique_ptr<Transaction>> begin() = 0;
    // Ids of rows to come, for tables whose ids the database gives: unique, growing, with gaps.
    virtual Async<std::int64_t> next_id(std::string_view table) = 0;
    virtual Async<std::vector<std::int64_t>> next_ids(
        std::string_view table, std::size_t count
    ) = 0;
    virtual PoolStatus status() const = 0;
    // Before the I/O threads end, from outside of them: statements in flight fail, so that nothing
    // waits for them any more.
    virtual void close() {}
};

namespace detail {

template <class T>
bool is_refused(const T&) {
    return false;
}
template <class T>
bool is_refused(const Result<T>& result) {
    return !result;
}

}  // namespace detail

// Runs `body(Transaction&)` and commits, unless it answers an error. When another transaction was
// first, the whole body runs again, `attempts_max` times in all.
template <class Body, class T = typename std::invoke_result_t<Body&, Transaction&>::value_type>
Async<T> transact(Pool& pool, Body body, int attempts_max = 3) {
    for (int attempt = 1;; ++attempt) {
        try {
            const auto transaction = co_await pool.begin();
            T result = co_await body(*transaction);
            if (!detail::is_refused(result)) co_await transaction->commit();
            co_return result;
        } catch (const Contended&) {
            if (attempt == attempts_max) throw;
        }
    }
}

}  // namespace zoetrope::db
