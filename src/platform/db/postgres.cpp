#include "platform/db/postgres.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <map>

#include "platform/base/timer.hpp"
#include "platform/db/postgres_batch.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::db {

namespace {

using Connection = std::shared_ptr<PostgresConnection>;
using namespace std::chrono_literals;

constexpr auto backoff_first = 100ms;  // after a failed connect; doubles
constexpr auto backoff_max = 5s;
constexpr std::int64_t ids_at_once = 256;  // drawn together; lost when the process ends

std::string_view text_of(const Sql& sql) { return sql.postgres.empty() ? sql.text : sql.postgres; }

// What one core has of the pool. Only its own thread touches it, but for the counters.
class Lane : public std::enable_shared_from_this<Lane> {
  public:
    Lane(PostgresConfig config, unsigned lanes, asio::io_context& io, Offload& blocking)
        : config_(std::make_shared<const PostgresConfig>(std::move(config))),
          size_(std::max(1U, config_->size / lanes)),
          overflow_max_(config_->overflow / lanes),
          io_(io),
          blocking_(blocking),
          shared_(std::max(1U, config_->shared)) {}
    // The pool is going: its connections end, on their own thread.
    void shut() {
        for (const Connection& each : shared_)
            if (each) each->close();
        for (const Connection& each : free_) each->close();
        free_.clear();
    }

    asio::io_context& io() { return io_; }

    // The least busy of the shared connections, opened when it is not.
    Async<Connection> shared() {
        std::size_t best = 0;
        for (std::size_t i = 1; i < shared_.size(); ++i)
            if (load(i) < load(best)) best = i;
        if (usable(shared_[best])) co_return shared_[best];
        // Any that is open is better than one that must be opened first.
        for (std::size_t i = 0; i < shared_.size(); ++i) {
            if (i != best && usable(shared_[i])) {
                if (!opening_) open_behind(best);
                co_return shared_[i];
            }
        }
        Connection made = co_await connect();
        if (!usable(shared_[best])) shared_[best] = std::move(made);
        note();
        co_return shared_[best];
    }

    Async<Rows> run(const Sql& sql, std::vector<Value> params) {
        if (sql.coalesce == Coalesce::together)
            co_return co_await batch_of(sql)->run(std::move(params));
        const Connection connection = co_await shared();
        co_return co_await connection->run(sql.name, text_of(sql), std::move(params));
    }

    std::shared_ptr<Batch> batch_of(const Sql& sql) {
        auto& batch = batches_[sql.name];
        if (!batch) {
            batch = std::make_shared<Batch>(
                sql,
                [lane = weak_from_this()] { return shared_of(lane.lock()); },
                io_.get_executor()
            );
        }
        return batch;
    }

    static Async<Connection> shared_of(std::shared_ptr<Lane> lane) {
        if (!lane) throw Failure("The database was closed.");
        co_return co_await lane->shared();
    }

    // A connection for one transaction. Throws Failure when none was free in time.
    Async<Connection> take() {
        while (!free_.empty()) {
            Connection found = std::move(free_.back());
            free_.pop_back();
            if (usable(found)) co_return lend(std::move(found));
        }
        if (lent_ + pending_ < size_ + overflow_max_) {
            ++pending_;
            Connection made;
            std::exception_ptr failed;
            try {
                made = co_await connect();
            } catch (...) {
                failed = std::current_exception();
            }
            --pending_;
            if (failed) std::rethrow_exception(failed);
            co_return lend(std::move(made));
        }
        auto place = std::make_shared<Place>(Place{
            Timer(io_.get_executor(), std::chrono::steady_clock::now() + config_->acquire_max),
            {},
            {}
        });
        waiting_.push_back(place);
        note();
        co_await place->called.async_wait(asio::as_tuple(asio::deferred));
        if (place->given) co_return std::move(place->given);  // counted as lent when it was given
        std::erase(waiting_, place);
        note();
        throw Failure(
            place->refused.empty() ? "All connections to PostgreSQL are in use." : place->refused
        );
    }

    // Its transaction is over, or the connection is broken.
    void give_back(Connection connection) {
        --lent_;
        if (connection->alive() && hand_on(connection)) return;
        const bool keep = connection->alive() && lent_ + free_.size() < size_ &&
                          !connection->is_older_than(config_->recycle);
        if (keep) {
            free_.push_back(std::move(connection));
        } else {
            connection->close();
            if (!waiting_.empty()) open_for_who_waits();
        }
        note();
    }

    Async<std::vector<std::int64_t>> next_ids(std::string_view table, std::size_t count) {
        Ids& ids = ids_.try_emplace(std::string(table)).first->second;
        while (ids.free.size() < count) {
            static constexpr Sql draw_sql{
                "db.draw_ids",
                "SELECT nextval(pg_get_serial_sequence($1, 'id')) FROM generate_series(1, "
                "CAST($2 AS bigint))"
            };
            std::vector<Value> params;
            params.emplace_back(std::string(table));
            params.emplace_back(std::max(ids_at_once, std::int64_t(count)));
            const Rows drawn = co_await run(draw_sql, std::move(params));
            for (const auto& row : drawn.rows) ids.free.push_back(std::get<std::int64_t>(row[0]));
        }
        const auto end = ids.free.begin() + std::ptrdiff_t(count);
        std::vector<std::int64_t> out(ids.free.begin(), end);
        ids.free.erase(ids.free.begin(), end);
        co_return out;
    }

    void add_to(PoolStatus& status) const {
        status.size += size_;
        status.overflow_max += overflow_max_;
        status.checked_in += free_count_;
        status.checked_out += lent_count_;
        status.shared += shared_count_;
        status.waiting += waiting_count_;
        status.overflow += std::max<std::int64_t>(0, free_count_ + lent_count_ - size_);
    }

  private:
    struct Place {
        Timer called;
        Connection given;
        std::string refused;
    };
    struct Ids {
        std::deque<std::int64_t> free;  // growing
    };

    std::size_t load(std::size_t i) const { return shared_[i] ? shared_[i]->waiting() : 0; }

    bool usable(const Connection& connection) const {
        if (!connection || !connection->alive()) return false;
        if (connection->waiting() == 0 && connection->is_older_than(config_->recycle)) {
            connection->close();
            return false;
        }
        return !config_->pre_ping || connection->still_there();
    }

    Connection lend(Connection connection) {
        ++lent_;
        note();
        return connection;
    }

    // To the one who has waited longest; false when nobody waits.
    bool hand_on(Connection& connection) {
        if (waiting_.empty()) return false;
        const auto next = waiting_.front();
        waiting_.pop_front();
        next->given = lend(std::move(connection));
        next->called.cancel();
        return true;
    }

    // While the database is away, one attempt after another with pauses; in between, the same
    // answer at once.
    Async<Connection> connect() {
        if (std::chrono::steady_clock::now() < away_until_) throw Failure(away_because_);
        Handle handle;
        try {
            handle =
                co_await blocking_.run([config = config_] { return connect_postgres(*config); });
        } catch (const Failure& failure) {
            backoff_ =
                std::clamp<std::chrono::milliseconds>(backoff_ * 2, backoff_first, backoff_max);
            away_until_ = std::chrono::steady_clock::now() + backoff_;
            away_because_ = failure.what();
            telemetry::warn("{}", away_because_);
            throw;
        }
        backoff_ = 0ms;
        co_return std::make_shared<PostgresConnection>(
            std::move(handle), config_->behind_pooler, io_
        );
    }

    void open_behind(std::size_t at);
    void open_for_who_waits();

    void note() {
        free_count_ = std::int64_t(free_.size());
        lent_count_ = std::int64_t(lent_);
        waiting_count_ = std::int64_t(waiting_.size());
        shared_count_ = std::ranges::count_if(shared_, [](const Connection& each) {
            return each && each->alive();
        });
    }

    const std::shared_ptr<const PostgresConfig> config_;
    const unsigned size_, overflow_max_;
    asio::io_context& io_;
    Offload& blocking_;
    std::vector<Connection> shared_;
    std::vector<Connection> free_;
    std::deque<std::shared_ptr<Place>> waiting_;
    std::map<std::string_view, std::shared_ptr<Batch>> batches_;
    std::map<std::string, Ids> ids_;
    std::size_t lent_ = 0, pending_ = 0;
    bool opening_ = false;
    std::chrono::milliseconds backoff_{0};
    std::chrono::steady_clock::time_point away_until_{};
    std::string away_because_;
    std::atomic<std::int64_t> free_count_ = 0, lent_count_ = 0, waiting_count_ = 0,
                              shared_count_ = 0;
};

void Lane::open_behind(std::size_t at) {
    opening_ = true;
    asio::co_spawn(
        io_.get_executor(),
        [](std::shared_ptr<Lane> lane, std::size_t place) -> Async<void> {
            try {
                lane->shared_[place] = co_await lane->connect();
            } catch (const Failure&) {  // said in the log; the other connection serves
            }
            lane->opening_ = false;
            lane->note();
        }(shared_from_this(), at),
        asio::detached
    );
}

// A broken connection left its place; those who wait cannot know.
void Lane::open_for_who_waits() {
    ++pending_;
    asio::co_spawn(
        io_.get_executor(),
        [](std::shared_ptr<Lane> lane) -> Async<void> {
            Connection made;
            std::string refused;
            try {
                made = co_await lane->connect();
            } catch (const Failure& failure) {
                refused = failure.what();
            }
            --lane->pending_;
            if (!made) {
                for (const auto& place : std::exchange(lane->waiting_, {})) {
                    place->refused = refused;
                    place->called.cancel();
                }
            } else if (!lane->hand_on(made)) {
                lane->free_.push_back(std::move(made));
            }
            lane->note();
        }(shared_from_this()),
        asio::detached
    );
}

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

    Async<Rows> perform(const Sql& sql, std::vector<Value> params) override {
        return guarded([&] { return connection_->run(sql.name, text_of(sql), std::move(params)); });
    }
    Async<Rows> perform_many(const Sql& sql, std::vector<std::vector<Value>> rows) override {
        return guarded([&] { return lane_->batch_of(sql)->run_many(connection_, std::move(rows)); }
        );
    }

    Dialect dialect() const override { return Dialect::postgres; }

    Async<void> commit() override {
        if (failed_) throw Failure("An earlier statement of the transaction failed.");
        Connection connection = std::move(connection_);
        std::exception_ptr failed;
        try {
            co_await connection->run("db.commit", "COMMIT");
        } catch (...) {
            failed = std::current_exception();
        }
        lane_->give_back(std::move(connection));
        if (failed) std::rethrow_exception(failed);
    }

  private:
    Async<Rows> guarded(auto start) {
        if (failed_) throw Failure("An earlier statement of the transaction failed.");
        return watch(start());
    }
    Async<Rows> watch(Async<Rows> statement) {
        try {
            co_return co_await std::move(statement);
        } catch (...) {
            failed_ = true;
            throw;
        }
    }

    std::shared_ptr<Lane> lane_;
    Connection connection_;
    bool failed_ = false;
};

class PostgresPool final : public Pool {
  public:
    PostgresPool(
        const PostgresConfig& config, const std::vector<asio::io_context*>& cores, Offload& blocking
    ) {
        for (asio::io_context* io : cores)
            lanes_.push_back(std::make_shared<Lane>(config, unsigned(cores.size()), *io, blocking));
    }
    ~PostgresPool() override {
        for (const auto& lane : lanes_) asio::post(lane->io(), [lane] { lane->shut(); });
    }

    Async<Rows> perform(const Sql& sql, std::vector<Value> params) override {
        const auto lane = own(co_await asio::this_coro::executor);
        co_return co_await lane->run(sql, std::move(params));
    }
    Async<std::unique_ptr<Transaction>> begin() override {
        const auto lane = own(co_await asio::this_coro::executor);
        Connection connection = co_await lane->take();
        co_return std::make_unique<PostgresTransaction>(lane, std::move(connection));
    }
    Async<Rows> perform_many(const Sql& sql, std::vector<std::vector<Value>> rows) override {
        const auto lane = own(co_await asio::this_coro::executor);
        co_return co_await lane->batch_of(sql)->run_many(co_await lane->shared(), std::move(rows));
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
