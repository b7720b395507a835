#include "platform/db/postgres.hpp"

#include <boost/asio/post.hpp>
#include <future>

#include "platform/db/postgres_lane.hpp"

namespace zoetrope::db {

namespace {

using Connection = Lane::Connection;

class PostgresTransaction final : public Transaction {
  public:
    PostgresTransaction(std::shared_ptr<Lane> lane, Connection connection)
        : lane_(std::move(lane)),
          connection_(std::move(connection)) {
        // Its answer is not awaited: should it fail, so does what follows.
        connection_->send("db.begin", "BEGIN", {}, [](std::exception_ptr, const Rows&) {});
    }
    ~PostgresTransaction() override {
        if (!connection_) return;
        Connection connection = std::move(connection_);
        PostgresConnection& to = *connection;
        to.send(
            "db.rollback",
            "ROLLBACK",
            {},
            [lane = lane_,
             connection = std::move(connection)](std::exception_ptr error, const Rows&) {
                if (error) connection->close();
                lane->give_back(connection);
            }
        );
    }

    Async<Rows> perform(const Sql& sql, std::vector<Value> params, Timed timed) override {
        check();
        return watch(
            connection_->run(sql.name, postgres_text(sql), std::move(params)), std::move(timed)
        );
    }
    Async<Rows> perform_many(const Sql& sql, std::vector<std::vector<Value>> rows, Timed timed)
        override {
        check();
        return watch(lane_->batch_of(sql)->run_on(connection_, std::move(rows)), std::move(timed));
    }

    Async<void> perform_later(const Sql& sql, std::vector<Value> params) override {
        if (slow_plans_are_logged()) {
            co_await run(sql, std::move(params));
            co_return;
        }
        check();
        connection_->send(
            sql.name,
            postgres_text(sql),
            params,
            [first = unawaited_failure_,
             timed = std::make_shared<Timed>(sql.name)](std::exception_ptr error, const Rows&) {
                if (error && !*first) *first = std::move(error);
            }
        );
    }

    Dialect dialect() const override { return Dialect::postgres; }

    Async<void> commit() override {
        check();
        Connection connection = std::move(connection_);
        std::exception_ptr failed;
        try {
            co_await connection->run("db.commit", "COMMIT");
        } catch (...) {
            failed = std::current_exception();
        }
        lane_->give_back(std::move(connection));
        // Then the answer to COMMIT was that of a rollback.
        if (*unawaited_failure_) std::rethrow_exception(*unawaited_failure_);
        if (failed) std::rethrow_exception(failed);
    }

  private:
    void check() const {
        if (failed_) throw Failure("An earlier statement of the transaction failed.");
    }
    Async<Rows> watch(Async<Rows> statement, [[maybe_unused]] Timed timed) {
        try {
            co_return co_await std::move(statement);
        } catch (...) {
            failed_ = true;
            // That one's only says that the transaction is aborted.
            if (*unawaited_failure_) std::rethrow_exception(*unawaited_failure_);
            throw;
        }
    }

    std::shared_ptr<Lane> lane_;
    Connection connection_;
    bool failed_ = false;
    // Of a statement that was sent and not waited for; shared with those on their way.
    std::shared_ptr<std::exception_ptr> unawaited_failure_ = std::make_shared<std::exception_ptr>();
};

class PostgresPool final : public Pool {
  public:
    PostgresPool(
        const PostgresConfig& config, const std::vector<asio::io_context*>& cores, Offload& blocking
    ) {
        for (std::size_t i = 0; i < cores.size(); ++i)
            lanes_.push_back(std::make_shared<Lane>(
                config, unsigned(cores.size()), unsigned(i), *cores[i], blocking
            ));
    }
    ~PostgresPool() override {
        for (const auto& lane : lanes_) asio::post(lane->io(), [lane] { lane->shut(); });
    }
    void close() override {
        for (const auto& lane : lanes_) {
            std::promise<void> shut;
            asio::post(lane->io(), [&] {
                lane->shut();
                shut.set_value();
            });
            shut.get_future().wait();
        }
    }

    Async<Rows> perform(const Sql& sql, std::vector<Value> params, [[maybe_unused]] Timed timed)
        override {
        const auto lane = own(co_await asio::this_coro::executor);
        if (sql.limit == Limit::list && lane->list_max() != "0")
            co_return co_await run_limited(lane, sql, std::move(params));
        co_return co_await lane->run(sql, std::move(params));
    }
    Async<std::unique_ptr<Transaction>> begin() override {
        const auto lane = own(co_await asio::this_coro::executor);
        Connection connection = co_await lane->take();
        co_return std::make_unique<PostgresTransaction>(lane, std::move(connection));
    }
    Async<Rows> perform_many(
        const Sql& sql, std::vector<std::vector<Value>> rows, [[maybe_unused]] Timed timed
    ) override {
        const auto lane = own(co_await asio::this_coro::executor);
        if (rows.size() > bulk_rows) co_return co_await run_bulk(lane, sql, std::move(rows));
        co_return co_await lane->batch_of(sql)->run(std::move(rows));
    }
    Async<std::int64_t> next_id(std::string_view table) override {
        co_return (co_await next_ids(table, 1)).front();
    }
    Async<std::vector<std::int64_t>> next_ids(std::string_view table, std::size_t count) override {
        const auto lane = own(co_await asio::this_coro::executor);
        co_return co_await lane->next_ids(table, count);
    }
    Dialect dialect() const override { return Dialect::postgres; }
    PoolStatus status() const override {
        PoolStatus status{.database = Dialect::postgres};
        for (const auto& lane : lanes_) lane->add_to(status);
        return status;
    }

  private:
    // In a transaction, because a limit can only be set for one behind a pooler. It only reads, so
    // nobody waits for its rollback.
    static Async<Rows> run_limited(
        std::shared_ptr<Lane> lane, const Sql& sql, std::vector<Value> params
    ) {
        // By an index, whatever the statistics say, which may be of yesterday; and on one core.
        static constexpr Sql limit_sql{
            "db.limit_list",
            "SELECT set_config('statement_timeout', $1, true), set_config('enable_seqscan', 'off', "
            "true), set_config('max_parallel_workers_per_gather', '0', true)"
        };
        const Turn turn = co_await lane->turn_of_list();
        PostgresTransaction transaction(lane, co_await lane->take());
        co_await transaction.send(limit_sql, lane->list_max());
        co_return co_await transaction.perform(sql, std::move(params), Timed());
    }

    // Also on a connection of its own: single statements of others do not wait behind it.
    static Async<Rows> run_bulk(
        std::shared_ptr<Lane> lane, const Sql& sql, std::vector<std::vector<Value>> rows
    ) {
        const Turn turn = co_await lane->turn_of_long();
        PostgresTransaction transaction(lane, co_await lane->take());
        Rows answer = co_await transaction.perform_many(sql, std::move(rows), Timed());
        co_await transaction.commit();
        co_return answer;
    }

    static constexpr std::size_t bulk_rows = 256;  // more take tens of milliseconds

    // The calling coroutine's core.
    std::shared_ptr<Lane> own(const Executor& executor) {
        for (const auto& lane : lanes_)
            if (&lane->io() == &executor.context()) return lane;
        throw std::logic_error("a database call from a thread that is none of the pool's");
    }

    std::vector<std::shared_ptr<Lane>> lanes_;
};

}  // namespace

std::unique_ptr<Pool> open_postgres(
    const PostgresConfig& config, const std::vector<asio::io_context*>& cores, Offload& blocking
) {
    return std::make_unique<PostgresPool>(config, cores, blocking);
}

}  // namespace zoetrope::db
