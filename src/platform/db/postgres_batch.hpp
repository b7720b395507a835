// Single statements that arrive together and go as one: INSERTs of new rows, look-ups by key.
// Private to the part.
//
// The first goes at once; what arrives while it is on its way goes together in the next, which goes
// sooner when it is full. Nobody waits for company.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "platform/db/postgres_connection.hpp"

namespace zoetrope::db {

// `INSERT INTO t (a) SELECT unnest($1::text[])`, and the like for a look-up: answers to it
// carry the number of the asker in their first column. Throws std::logic_error for a statement that
// is not of the forms that Coalesce names.
std::string text_together(const Sql& sql, const std::vector<std::string>& types);

class Batch : public std::enable_shared_from_this<Batch> {
  public:
    using Connect = std::function<Async<std::shared_ptr<PostgresConnection>>()>;

    Batch(const Sql& sql, Connect connect, Executor executor);

    // All of one caller's rows are in one statement. Many rows are of an INSERT.
    Async<Rows> run(std::vector<std::vector<Value>> rows);
    // Them alone, on a connection of the caller's choice.
    Async<Rows> run_on(
        std::shared_ptr<PostgresConnection> connection, std::vector<std::vector<Value>> rows
    );

  private:
    using Row = std::vector<Value>;
    struct Waiting {
        std::vector<Row> rows;
        Resolver<Rows> done;
    };
    struct Group {
        std::vector<Waiting> each;
        std::size_t rows = 0;
    };

    Group next_group();
    bool is_full() const { return waiting_rows_ >= group_rows; }
    void start();
    Async<void> work();
    Async<void> run_group(Group& group);
    Async<void> learn_types(PostgresConnection& connection);
    std::vector<Value> columns_of(const std::vector<const Row*>& rows) const;
    std::vector<Value> columns_of(const std::vector<Row>& rows) const;
    Async<void> run_singly(PostgresConnection& connection, Group& group);
    void answer(Group& group, Rows rows) const;

    static constexpr std::size_t group_rows = 512;  // then it is full: bounds the wait of its first

    Sql sql_;
    Connect connect_;
    Executor executor_;
    std::string many_name_;
    std::vector<unsigned> types_;  // of the parameters
    std::string many_text_;        // once the types are known
    std::deque<Waiting> waiting_;
    std::size_t waiting_rows_ = 0;
    std::size_t working_ = 0;  // groups on their way
};

}  // namespace zoetrope::db
