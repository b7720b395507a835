// Single statements that arrive together and go as one: INSERTs of new rows, look-ups by key.
// Private to the part.
//
// The first goes at once; what arrives while it is on its way goes together in the next. Nobody
// waits for company.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "platform/db/postgres_connection.hpp"

namespace zoetrope::db {

// `INSERT INTO t (a) SELECT * FROM unnest($1::text[])`, and the like for a look-up: answers to it
// carry the number of the asker in their first column. Throws std::logic_error for a statement that
// is not of the forms that Coalesce names.
std::string text_together(const Sql& sql, const std::vector<std::string>& types);

class Batch : public std::enable_shared_from_this<Batch> {
  public:
    using Connect = std::function<Async<std::shared_ptr<PostgresConnection>>()>;

    Batch(const Sql& sql, Connect connect, Executor executor);

    Async<Rows> run(std::vector<Value> params);
    // All rows in one statement, on a connection of the caller's choice.
    Async<Rows> run_many(
        std::shared_ptr<PostgresConnection> connection, std::vector<std::vector<Value>> rows
    );

  private:
    struct Waiting {
        std::vector<Value> params;
        Resolver<Rows> done;
    };
    using Group = std::vector<Waiting>;

    Async<void> work();
    Async<void> run_group(Group& group);
    Async<void> learn_types(PostgresConnection& connection);
    Async<Rows> run_together(
        PostgresConnection& connection, const std::vector<const std::vector<Value>*>& rows
    );
    Async<void> run_singly(PostgresConnection& connection, Group& group);
    void answer(Group& group, Rows rows) const;

    static constexpr std::size_t group_max = 256;  // bounds the wait of the first in a group

    Sql sql_;
    Connect connect_;
    Executor executor_;
    std::string many_name_;
    std::vector<unsigned> types_;  // of the parameters
    std::string many_text_;        // once the types are known
    std::deque<Waiting> waiting_;
    bool working_ = false;
};

}  // namespace zoetrope::db
