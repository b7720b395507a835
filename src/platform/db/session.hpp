// Asynchronous SQL. Pool and Transaction are both a Session, so a store function serves inside and
// outside a transaction. Statements use $1..$n on both databases. What throws: Failure (the
// database is away or the statement is broken), Violation (a constraint said no). Nothing here
// blocks an I/O thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/base/async.hpp"
#include "platform/base/unavailable.hpp"
#include "platform/db/value.hpp"

namespace zoetrope::db {

struct Failure : Unavailable {
    using Unavailable::Unavailable;
};

struct Violation : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A named statement: the name labels metrics, the slow log and the statement cache. Lives as a
// constant above its store function.
struct Sql {
    std::string_view name;
    std::string_view text;

    constexpr bool reads() const {  // a plain SELECT may run beside the writer
        const std::size_t first = text.find_first_not_of(" \n\t");
        return first != std::string_view::npos && text.substr(first).starts_with("SELECT");
    }
};

class Session {
  public:
    virtual ~Session() = default;
    virtual Async<Rows> run(const Sql& sql, std::vector<Value> params) = 0;

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

  private:
    template <class... A>
    static std::vector<Value> params(const A&... args) {
        std::vector<Value> out;
        out.reserve(sizeof...(A));
        (out.push_back(to_value(args)), ...);
        return out;
    }
};

// Rolled back unless commit() was awaited. Keep it short: on SQLite nobody else writes meanwhile.
class Transaction : public Session {
  public:
    virtual Async<void> commit() = 0;
};

class Pool : public Session {
  public:
    virtual Async<std::unique_ptr<Transaction>> begin() = 0;
};

}  // namespace zoetrope::db
