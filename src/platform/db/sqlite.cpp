#include "platform/db/sqlite.hpp"

#include <map>

#include "platform/db/sqlite_readers.hpp"
#include "platform/db/sqlite_writer.hpp"

namespace zoetrope::db {

namespace {

class SqliteTransaction final : public Transaction {
  public:
    SqliteTransaction(Writer& writer, std::shared_ptr<Exclusive> exclusive)
        : writer_(writer),
          exclusive_(std::move(exclusive)) {}
    ~SqliteTransaction() override {
        if (!ended_) writer_.ask(*exclusive_, Ending{.commit = false});
    }

    Async<Rows> perform(const Sql& sql, std::vector<Value> params, Timed timed) override {
        return perform_many(sql, one_row(std::move(params)), std::move(timed));
    }
    Async<Rows> perform_many(
        const Sql& sql, std::vector<std::vector<Value>> rows, [[maybe_unused]] Timed timed
    ) override {
        if (failed_) throw Failure("An earlier statement of the transaction failed.");
        try {
            co_return co_await wait_for<Rows>([&](Resolver<Rows> done) {
                writer_.ask(*exclusive_, Statement{sql, std::move(rows), std::move(done)});
            });
        } catch (...) {
            failed_ = true;
            throw;
        }
    }
    Async<void> perform_later(const Sql& sql, std::vector<Value> params) override {
        if (failed_) throw Failure("An earlier statement of the transaction failed.");
        writer_.ask(*exclusive_, Statement{sql, one_row(std::move(params)), std::nullopt});
        co_return;
    }
    Dialect dialect() const override { return Dialect::sqlite; }
    Async<void> commit() override {
        if (failed_) throw Failure("An earlier statement of the transaction failed.");
        ended_ = true;
        co_await wait_for<bool>([&](Resolver<bool> done) {
            writer_.ask(*exclusive_, Ending{.commit = true, .done = std::move(done)});
        });
    }

  private:
    Writer& writer_;
    std::shared_ptr<Exclusive> exclusive_;
    bool ended_ = false;
    bool failed_ = false;
};

class SqlitePool final : public Pool {
  public:
    explicit SqlitePool(const SqliteConfig& config)
        : config_(config),
          writer_(config_),
          readers_(config_) {}

    Async<Rows> perform(const Sql& sql, std::vector<Value> params, Timed timed) override {
        return perform_many(sql, one_row(std::move(params)), std::move(timed));
    }
    Async<Rows> perform_many(const Sql& sql, std::vector<std::vector<Value>> rows, Timed timed)
        override {
        // No coroutine of its own: every request would keep its frame.
        return wait_for<Rows>(
            [this, sql, rows = std::move(rows)](Resolver<Rows> done) mutable {
                Statement statement{sql, std::move(rows), std::move(done)};
                if (statement.sql.reads()) {
                    readers_.add(std::move(statement));
                } else {
                    writer_.add(std::move(statement));
                }
            },
            std::move(timed)
        );
    }
    Async<std::unique_ptr<Transaction>> begin() override {
        const auto exclusive = std::make_shared<Exclusive>();
        writer_.add(exclusive);  // that it cannot begin is told by its first statement
        co_return std::make_unique<SqliteTransaction>(writer_, exclusive);
    }

    // One process has the file, so a counter in memory does, above what the table ever had.
    Async<std::int64_t> next_id(std::string_view table) override {
        {
            const Lock lock(ids_mutex_);
            if (const auto known = last_ids_.find(table); known != last_ids_.end())
                co_return ++known->second;
        }
        co_return (co_await next_ids(table, 1)).front();
    }
    Async<std::vector<std::int64_t>> next_ids(std::string_view table, std::size_t count) override {
        const auto draw = [count](std::int64_t& last) {
            std::vector<std::int64_t> ids(count);
            for (std::int64_t& id : ids) id = ++last;
            return ids;
        };
        {
            const Lock lock(ids_mutex_);
            if (const auto known = last_ids_.find(table); known != last_ids_.end())
                co_return draw(known->second);
        }
        static constexpr Sql last_id_sql{
            "db.last_id", "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = $1"
        };
        std::vector<Value> params;
        params.emplace_back(std::string(table));
        const Rows rows = co_await run(last_id_sql, std::move(params));
        const Lock lock(ids_mutex_);
        const auto known =
            last_ids_.try_emplace(std::string(table), std::get<std::int64_t>(rows.at(0, 0))).first;
        co_return draw(known->second);
    }
    Dialect dialect() const override { return Dialect::sqlite; }
    PoolStatus status() const override {
        return {
            .database = Dialect::sqlite, .size = 1 + config_.readers, .shared = 1 + config_.readers
        };
    }

  private:
    SqliteConfig config_;
    std::mutex ids_mutex_;
    std::map<std::string, std::int64_t, std::less<>> last_ids_;
    Writer writer_;  // first: it creates the file that the readers open
    Readers readers_;
};

}  // namespace

std::unique_ptr<Pool> open_sqlite(const SqliteConfig& config) {
    return std::make_unique<SqlitePool>(config);
}

}  // namespace zoetrope::db
