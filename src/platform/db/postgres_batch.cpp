#include "platform/db/postgres_batch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace zoetrope::db {

namespace {

[[noreturn]] void not_of_the_form(const Sql& sql) {
    throw std::logic_error("statement " + std::string(sql.name) + " cannot be coalesced");
}

// The words of a statement on one line.
std::string folded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool space = c == ' ' || c == '\n' || c == '\t';
        if (!space) {
            out += c;
        } else if (!out.empty() && out.back() != ' ') {
            out += ' ';
        }
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

std::string numbered_list(std::size_t count) {
    std::string out;
    for (std::size_t i = 1; i <= count; ++i) out += (i > 1 ? ", $" : "$") + std::to_string(i);
    return out;
}

std::string unnest(const std::vector<std::string>& types) {
    std::string out = "unnest(";
    for (std::size_t i = 0; i < types.size(); ++i)
        out += (i ? ", $" : "$") + std::to_string(i + 1) + "::" + types[i] + "[]";
    return out + ")";
}

std::string inserts_together(const Sql& sql, const std::vector<std::string>& types) {
    const std::string text = folded(sql.text);
    const std::size_t values = text.find(" VALUES (");
    if (values == std::string::npos ||
        text.substr(values) != " VALUES (" + numbered_list(types.size()) + ")")
        not_of_the_form(sql);
    return text.substr(0, values) + " SELECT * FROM " + unnest(types);
}

// SELECT a, b FROM t WHERE k = $1 AND l = $2
//   -> SELECT asked.n, t.a, t.b FROM unnest($1::x[], $2::y[]) WITH ORDINALITY AS asked (k1, k2, n)
//      JOIN t ON t.k = asked.k1 AND t.l = asked.k2
std::string lookups_together(const Sql& sql, const std::vector<std::string>& types) {
    const std::string text = folded(sql.text);
    const std::size_t from = text.find(" FROM ");
    const std::size_t where = text.find(" WHERE ");
    if (!text.starts_with("SELECT ") || from == std::string::npos || where == std::string::npos)
        not_of_the_form(sql);
    const std::string table = text.substr(from + 6, where - from - 6);
    std::string columns = ", " + text.substr(7, from - 7);
    for (std::size_t at = 0; (at = columns.find(", ", at)) != std::string::npos; at += table.size())
        columns.insert(at += 2, table + ".");
    std::string keys, on;
    std::string left = text.substr(where + 7);
    for (std::size_t i = 1; i <= types.size(); ++i) {
        const std::string number = std::to_string(i);
        const std::string mark = " = $" + number;
        const std::size_t end = left.find(mark);
        if (end == std::string::npos || left.substr(0, end).find(' ') != std::string::npos)
            not_of_the_form(sql);
        on += (i > 1 ? " AND " : "") + table + "." + left.substr(0, end) + " = asked.k" + number;
        keys += "k" + number + ", ";
        left.erase(0, end + mark.size());
        if (left.starts_with(" AND ")) left.erase(0, 5);
    }
    if (!left.empty()) not_of_the_form(sql);
    return "SELECT asked.n" + columns + " FROM " + unnest(types) + " WITH ORDINALITY AS asked (" +
           keys + "n) JOIN " + table + " ON " + on;
}

}  // namespace

std::string text_together(const Sql& sql, const std::vector<std::string>& types) {
    return sql.reads() ? lookups_together(sql, types) : inserts_together(sql, types);
}

Batch::Batch(const Sql& sql, Connect connect, Executor executor)
    : sql_(sql),
      connect_(std::move(connect)),
      executor_(executor),
      many_name_(std::string(sql.name) + ".together") {}

Async<Rows> Batch::run(std::vector<Value> params) {
    co_return co_await wait_for<Rows>([&](Resolver<Rows> done) {
        waiting_.push_back({std::move(params), std::move(done)});
        if (working_) return;
        working_ = true;
        asio::co_spawn(
            executor_,
            [](std::shared_ptr<Batch> self) -> Async<void> {
                co_await self->work();
            }(shared_from_this()),
            asio::detached
        );
    });
}

Async<Rows> Batch::run_many(
    std::shared_ptr<PostgresConnection> connection, std::vector<std::vector<Value>> rows
) {
    if (rows.empty()) co_return Rows{};
    if (many_text_.empty()) co_await learn_types(*connection);
    std::vector<const std::vector<Value>*> each;
    each.reserve(rows.size());
    for (const auto& row : rows) each.push_back(&row);
    co_return co_await run_together(*connection, each);
}

Async<Rows> Batch::run_together(
    PostgresConnection& connection, const std::vector<const std::vector<Value>*>& rows
) {
    std::vector<Value> columns;
    columns.reserve(types_.size());
    for (std::size_t i = 0; i < types_.size(); ++i)
        columns.emplace_back(array_bytes(rows, i, types_[i]));
    co_return co_await connection.run(many_name_, many_text_, std::move(columns), Form::binary);
}

Async<void> Batch::work() {
    while (!waiting_.empty()) {
        Group group;
        while (!waiting_.empty() && group.size() < group_max) {
            group.push_back(std::move(waiting_.front()));
            waiting_.pop_front();
        }
        std::exception_ptr failed;
        try {
            co_await run_group(group);
        } catch (...) {
            failed = std::current_exception();
        }
        if (failed) {
            for (Waiting& each : group) each.done.fail(failed);
        }
    }
    working_ = false;
}

Async<void> Batch::run_group(Group& group) {
    const auto connection = co_await connect_();
    if (group.size() > 1 && many_text_.empty()) co_await learn_types(*connection);
    if (group.size() == 1) co_return co_await run_singly(*connection, group);
    std::vector<const std::vector<Value>*> rows;
    rows.reserve(group.size());
    for (const Waiting& each : group) rows.push_back(&each.params);
    Rows answers;
    bool refused = false;
    try {
        answers = co_await run_together(*connection, rows);
    } catch (const Refusal& refusal) {
        // Somebody's row is bad, and none was written: each on its own.
        refused = refusal.error.code == Code::conflict || refusal.error.code == Code::invalid;
        if (!refused) throw;
    }
    if (refused) co_return co_await run_singly(*connection, group);
    answer(group, std::move(answers));
}

Async<void> Batch::learn_types(PostgresConnection& connection) {
    const Rows described = co_await wait_for<Rows>([&](Resolver<Rows> resolver) {
        connection.describe(
            sql_.name,
            sql_.text,
            [resolver = std::move(resolver)](std::exception_ptr error, Rows rows) mutable {
                error ? resolver.fail(std::move(error)) : resolver.resolve(std::move(rows));
            }
        );
    });
    std::vector<std::string> names;
    types_.clear();
    for (const auto& row : described.rows) {
        types_.push_back(unsigned(std::get<std::int64_t>(row[0])));
        names.push_back(type_name(types_.back()));
    }
    many_text_ = text_together(sql_, names);
}

// One behind the other on the same connection; returns when the last has its answer.
Async<void> Batch::run_singly(PostgresConnection& connection, Group& group) {
    auto left = std::make_shared<std::size_t>(group.size());
    co_await wait_for<bool>([&](Resolver<bool> all) {
        auto last = std::make_shared<Resolver<bool>>(std::move(all));
        for (Waiting& each : group) {
            connection.send(
                sql_.name,
                sql_.text,
                each.params,
                [done = std::move(each.done),
                 left,
                 last](std::exception_ptr error, Rows rows) mutable {
                    error ? done.fail(std::move(error)) : done.resolve(std::move(rows));
                    if (--*left == 0) last->resolve(true);
                }
            );
        }
    });
    group.clear();
}

void Batch::answer(Group& group, Rows rows) const {
    if (!sql_.reads()) {
        for (Waiting& each : group) {
            Rows one;
            one.changed = 1;
            each.done.resolve(std::move(one));
        }
        return group.clear();
    }
    std::vector<Rows> answers(group.size());
    rows.columns.erase(rows.columns.begin());
    for (Rows& each : answers) each.columns = rows.columns;
    for (auto& row : rows.rows) {
        const auto asker = std::size_t(std::get<std::int64_t>(row[0]) - 1);
        row.erase(row.begin());
        answers[asker].rows.push_back(std::move(row));
    }
    for (std::size_t i = 0; i < group.size(); ++i) group[i].done.resolve(std::move(answers[i]));
    group.clear();
}

}  // namespace zoetrope::db
