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

// `$1::bigint[]`
std::string array_of(const std::vector<std::string>& types, std::size_t at) {
    return "$" + std::to_string(at + 1) + "::" + types[at] + "[]";
}

// The arrays side by side in the list of what is selected: as rows of FROM each would be written to
// a table of its own first, which is a sixth of such a statement's work.
std::string inserts_together(const Sql& sql, const std::vector<std::string>& types) {
    const std::string text = folded(sql.text);
    const std::size_t values = text.find(" VALUES (");
    if (values == std::string::npos ||
        text.substr(values) != " VALUES (" + numbered_list(types.size()) + ")")
        not_of_the_form(sql);
    std::string out = text.substr(0, values) + " SELECT ";
    for (std::size_t i = 0; i < types.size(); ++i)
        out += (i ? ", unnest(" : "unnest(") + array_of(types, i) + ")";
    return out;
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
    std::string arrays, keys, on;
    std::string left = text.substr(where + 7);
    for (std::size_t i = 1; i <= types.size(); ++i) {
        const std::string number = std::to_string(i);
        const std::string mark = " = $" + number;
        const std::size_t end = left.find(mark);
        if (end == std::string::npos || left.substr(0, end).find(' ') != std::string::npos)
            not_of_the_form(sql);
        on += (i > 1 ? " AND " : "") + table + "." + left.substr(0, end) + " = asked.k" + number;
        arrays += (i > 1 ? ", " : "") + array_of(types, i - 1);
        keys += "k" + number + ", ";
        left.erase(0, end + mark.size());
        if (left.starts_with(" AND ")) left.erase(0, 5);
    }
    if (!left.empty()) not_of_the_form(sql);
    return "SELECT asked.n" + columns + " FROM unnest(" + arrays + ") WITH ORDINALITY AS asked (" +
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

Async<Rows> Batch::run(std::vector<Row> rows) {
    if (rows.empty()) co_return Rows{};
    co_return co_await wait_for<Rows>([&](Resolver<Rows> done) {
        waiting_rows_ += rows.size();
        waiting_.push_back({std::move(rows), std::move(done)});
        if (working_ == 0 || is_full()) start();
    });
}

Async<Rows> Batch::run_on(std::shared_ptr<PostgresConnection> connection, std::vector<Row> rows) {
    if (rows.empty()) co_return Rows{};
    if (many_text_.empty()) co_await learn_types(*connection);
    co_return co_await connection->run(many_name_, many_text_, columns_of(rows), Form::binary);
}

std::vector<Value> Batch::columns_of(const std::vector<Row>& rows) const {
    std::vector<const Row*> all;
    all.reserve(rows.size());
    for (const Row& row : rows) all.push_back(&row);
    return columns_of(all);
}

std::vector<Value> Batch::columns_of(const std::vector<const Row*>& rows) const {
    std::vector<Value> columns;
    columns.reserve(types_.size());
    for (std::size_t i = 0; i < types_.size(); ++i)
        columns.emplace_back(array_bytes(rows, i, types_[i]));
    return columns;
}

void Batch::start() {
    ++working_;
    asio::co_spawn(
        executor_,
        [](std::shared_ptr<Batch> self) -> Async<void> {
            co_await self->work();
        }(shared_from_this()),
        asio::detached
    );
}

Batch::Group Batch::next_group() {
    Group group;
    const auto fits = [&] {
        return group.rows == 0 || group.rows + waiting_.front().rows.size() <= group_rows;
    };
    while (!waiting_.empty() && fits()) {
        group.rows += waiting_.front().rows.size();
        group.each.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    waiting_rows_ -= group.rows;
    return group;
}

Async<void> Batch::work() {
    while (!waiting_.empty() && (working_ == 1 || is_full())) {
        Group group = next_group();
        std::exception_ptr failed;
        try {
            co_await run_group(group);
        } catch (...) {
            failed = std::current_exception();
        }
        if (failed) {
            for (Waiting& waiting : group.each) waiting.done.fail(failed);
        }
    }
    --working_;
}

Async<void> Batch::run_group(Group& group) {
    const auto connection = co_await connect_();
    if (group.rows > 1 && many_text_.empty()) co_await learn_types(*connection);
    if (group.each.size() == 1) co_return co_await run_singly(*connection, group);
    std::vector<const Row*> rows;
    rows.reserve(group.rows);
    for (const Waiting& waiting : group.each)
        for (const Row& row : waiting.rows) rows.push_back(&row);
    Rows answers;
    bool refused = false;
    try {
        answers = co_await connection->run(many_name_, many_text_, columns_of(rows), Form::binary);
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
    if (!many_text_.empty()) co_return;  // another group asked meanwhile, and may have sent it
    std::vector<std::string> names;
    types_.clear();
    for (const Value& type : described.cells) {
        types_.push_back(unsigned(std::get<std::int64_t>(type)));
        names.push_back(type_name(types_.back()));
    }
    many_text_ = text_together(sql_, names);
}

// One behind the other on the same connection; returns when the last has its answer.
Async<void> Batch::run_singly(PostgresConnection& connection, Group& group) {
    // First, for it may throw, which nobody would hear of below.
    std::vector<std::vector<Value>> columns(group.each.size());
    for (std::size_t i = 0; i < columns.size(); ++i)
        if (group.each[i].rows.size() > 1) columns[i] = columns_of(group.each[i].rows);
    auto left = std::make_shared<std::size_t>(group.each.size());
    co_await wait_for<bool>([&](Resolver<bool> all) {
        auto last = std::make_shared<Resolver<bool>>(std::move(all));
        for (std::size_t i = 0; i < columns.size(); ++i) {
            Waiting& waiting = group.each[i];
            auto done = [done = std::move(waiting.done),
                         left,
                         last](std::exception_ptr error, Rows rows) mutable {
                error ? done.fail(std::move(error)) : done.resolve(std::move(rows));
                if (--*left == 0) last->resolve(true);
            };
            if (waiting.rows.size() == 1) {
                connection.send(sql_.name, sql_.text, waiting.rows.front(), std::move(done));
            } else {
                connection.send(many_name_, many_text_, columns[i], std::move(done), Form::binary);
            }
        }
    });
    group.each.clear();
}

void Batch::answer(Group& group, Rows rows) const {
    if (!sql_.reads()) {
        for (Waiting& waiting : group.each) {
            Rows own;
            own.changed = std::int64_t(waiting.rows.size());
            waiting.done.resolve(std::move(own));
        }
        return group.each.clear();
    }
    std::vector<Rows> answers(group.each.size());
    rows.columns.erase(rows.columns.begin());
    for (Rows& each : answers) each.columns = rows.columns;
    const std::size_t width = 1 + rows.columns.size();  // the asker's number, then their row
    for (auto row = rows.cells.begin(); row != rows.cells.end(); row += std::ptrdiff_t(width)) {
        const auto asker = std::size_t(std::get<std::int64_t>(*row) - 1);
        std::vector<Value>& cells = answers[asker].cells;
        cells.insert(
            cells.end(),
            std::move_iterator(row + 1),
            std::move_iterator(row + std::ptrdiff_t(width))
        );
    }
    for (std::size_t i = 0; i < group.each.size(); ++i)
        group.each[i].done.resolve(std::move(answers[i]));
    group.each.clear();
}

}  // namespace zoetrope::db
