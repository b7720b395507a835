#include "platform/db/sqlite.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "platform/db/sqlite_connection.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::db {

namespace {

using Lock = std::unique_lock<std::mutex>;

struct Statement {
    Sql sql;
    std::vector<std::vector<Value>> rows;  // of parameters; nearly always one
    Resolver<Rows> done;
};

Rows run_all(SqliteConnection& connection, const Statement& statement) {
    Rows out;
    for (const std::vector<Value>& params : statement.rows) {
        Rows one = connection.run(statement.sql.text, params);
        one.changed += out.changed;
        out = std::move(one);
    }
    return out;
}

std::vector<std::vector<Value>> one_row(std::vector<Value> params) {
    std::vector<std::vector<Value>> out;
    out.push_back(std::move(params));
    return out;
}

struct Ending {
    bool commit;
    std::optional<Resolver<bool>> done;  // nobody waits for a rollback
};

// One transaction as the writer thread sees it: what its owner asked for and has not been done yet.
struct Exclusive {
    explicit Exclusive(Resolver<bool> begun) : begun(std::move(begun)) {}
    Resolver<bool> begun;
    std::deque<std::variant<Statement, Ending>> asked;
    bool over = false;  // committed, rolled back, or out of time
};

std::exception_ptr out_of_time() {
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

class Writer {
  public:
    Writer(const SqliteConfig& config)
        : config_(config),
          connection_(config.file, false, config.statement_max),
          thread_([this] { loop(); }) {}
    ~Writer() {
        {
            const Lock lock(mutex_);
            stopping_ = true;
        }
        bell_->wake.notify_all();
        thread_.join();
    }

    void add(Statement statement) {
        const Executor executor = statement.done.executor();
        {
            const Lock lock(mutex_);
            waiting_.emplace_back(std::move(statement));
        }
        bell_->ring(executor);
    }
    void add(std::shared_ptr<Exclusive> transaction) {
        {
            const Lock lock(mutex_);
            waiting_.emplace_back(std::move(transaction));
        }
        bell_->wake.notify_all();
    }
    void ask(Exclusive& transaction, std::variant<Statement, Ending> what) {
        {
            const Lock lock(mutex_);
            if (!transaction.over) {
                transaction.asked.push_back(std::move(what));
                bell_->wake.notify_all();
                return;
            }
        }
        refuse(what);
    }

  private:
    using Item = std::variant<Statement, std::shared_ptr<Exclusive>>;

    static void refuse(std::variant<Statement, Ending>& what) {
        if (auto* statement = std::get_if<Statement>(&what)) {
            statement->done.fail(out_of_time());
        } else if (auto& ending = std::get<Ending>(what); ending.done) {
            ending.done->fail(out_of_time());
        }
    }

    void loop() {
        while (true) {
            std::vector<Statement> group;
            std::shared_ptr<Exclusive> transaction;
            {
                Lock lock(mutex_);
                bell_->wake.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
                if (waiting_.empty()) return;
                // On a busy core an I/O thread may be half way through handing over: it goes first,
                // and its rows share this commit. Costs nothing when nobody else wants the core.
                lock.unlock();
                std::this_thread::yield();
                lock.lock();
                // Everything that arrived while the last commit was on its way to the disk shares
                // the next one.
                while (!waiting_.empty() && !transaction && group.size() < group_max) {
                    if (auto* statement = std::get_if<Statement>(&waiting_.front())) {
                        group.push_back(std::move(*statement));
                    } else if (group.empty()) {
                        transaction = std::get<std::shared_ptr<Exclusive>>(waiting_.front());
                    } else {
                        break;
                    }
                    waiting_.pop_front();
                }
            }
            if (transaction) {
                run_transaction(*transaction);
            } else {
                run_group(group);
            }
        }
    }

    void run_group(std::vector<Statement>& group) {
        std::vector<std::variant<Rows, std::exception_ptr>> outcomes(group.size());
        std::exception_ptr failed;
        try {
            connection_.step("BEGIN IMMEDIATE");
            for (std::size_t i = 0; i < group.size(); ++i) outcomes[i] = run_alone(group[i]);
            connection_.step("COMMIT");
        } catch (...) {
            failed = std::current_exception();
            roll_back();
        }
        Wakes wakes;
        for (std::size_t i = 0; i < group.size(); ++i) {
            if (failed) {
                group[i].done.fail(failed, wakes);
            } else if (auto* error = std::get_if<std::exception_ptr>(&outcomes[i])) {
                group[i].done.fail(*error, wakes);
            } else {
                group[i].done.resolve(std::move(std::get<Rows>(outcomes[i])), wakes);
            }
        }
        wakes.send();
    }

    // One statement's failure leaves its neighbours in the group untouched: SQLite itself takes
    // back a failed statement whole; several need a savepoint.
    std::variant<Rows, std::exception_ptr> run_alone(const Statement& statement) {
        const bool several = statement.rows.size() > 1;
        try {
            if (several) connection_.step("SAVEPOINT one");
            Rows rows = run_all(connection_, statement);
            if (several) connection_.step("RELEASE one");
            return rows;
        } catch (...) {
            // A full disk ends the whole transaction.
            if (!connection_.in_transaction()) throw;
            const std::exception_ptr error = std::current_exception();
            if (several) connection_.execute("ROLLBACK TO one; RELEASE one");
            return error;
        }
    }

    void run_transaction(Exclusive& transaction) {
        try {
            connection_.execute("BEGIN IMMEDIATE");
        } catch (...) {
            end(transaction);
            transaction.begun.fail(std::current_exception());
            return;
        }
        transaction.begun.resolve(true);
        const auto deadline = std::chrono::steady_clock::now() + config_.transaction_max;
        while (true) {
            std::optional<std::variant<Statement, Ending>> next;
            {
                Lock lock(mutex_);
                bell_->wake.wait_until(lock, deadline, [&] { return !transaction.asked.empty(); });
                if (!transaction.asked.empty()) {
                    next.emplace(std::move(transaction.asked.front()));
                    transaction.asked.pop_front();
                }
            }
            if (!next) {
                telemetry::error("a transaction outlived its deadline and was rolled back");
                roll_back();
                return end(transaction);
            }
            if (auto* statement = std::get_if<Statement>(&*next)) {
                if (answer(*statement)) continue;
                roll_back();
                return end(transaction);
            } else {
                return finish(transaction, std::get<Ending>(*next));
            }
        }
    }

    // False when the transaction is over with it, as on PostgreSQL.
    bool answer(Statement& statement) {
        Rows rows;
        std::exception_ptr error;
        try {
            rows = run_all(connection_, statement);
        } catch (...) {
            error = std::current_exception();
        }
        if (error) {
            statement.done.fail(error);
            return false;
        }
        statement.done.resolve(std::move(rows));
        return true;
    }

    void finish(Exclusive& transaction, Ending& ending) {
        std::exception_ptr failed;
        try {
            if (ending.commit) connection_.execute("COMMIT");
        } catch (...) {
            failed = std::current_exception();
        }
        roll_back();
        end(transaction);
        if (!ending.done) return;
        if (failed) {
            ending.done->fail(failed);
        } else {
            ending.done->resolve(true);
        }
    }

    // What is asked of it from now on is refused; what was asked and not done, too.
    void end(Exclusive& transaction) {
        std::deque<std::variant<Statement, Ending>> left;
        {
            const Lock lock(mutex_);
            transaction.over = true;
            left.swap(transaction.asked);
        }
        for (auto& what : left) refuse(what);
    }

    void roll_back() {
        try {
            if (connection_.in_transaction()) connection_.execute("ROLLBACK");
        } catch (const std::exception& error) {
            telemetry::error("rollback failed: {}", error.what());
        }
    }

    static constexpr std::size_t group_max = 512;  // bounds the wait of the first in a group

    const SqliteConfig& config_;
    SqliteConnection connection_;
    std::mutex mutex_;
    std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
    std::deque<Item> waiting_;
    bool stopping_ = false;
    std::thread thread_;
};

class Readers {
  public:
    explicit Readers(const SqliteConfig& config) : readers_(std::max(1U, config.readers)) {
        for (std::size_t i = 0; i < readers_; ++i) {
            threads_.emplace_back([this,
                                   connection = std::make_shared<SqliteConnection>(
                                       config.file, true, config.statement_max
                                   )] { loop(*connection); });
        }
    }
    ~Readers() {
        {
            const Lock lock(mutex_);
            stopping_ = true;
        }
        bell_->wake.notify_all();
        for (std::thread& thread : threads_) thread.join();
    }

    void add(Statement statement) {
        const Executor executor = statement.done.executor();
        {
            const Lock lock(mutex_);
            waiting_.push_back(std::move(statement));
        }
        bell_->ring(executor);
    }

  private:
    void loop(SqliteConnection& connection) {
        while (true) {
            std::vector<Statement> group;
            {
                Lock lock(mutex_);
                bell_->wake.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
                if (waiting_.empty()) return;
                // Its share of what waits: together the reads take one lock on the file.
                const std::size_t share = (waiting_.size() + readers_ - 1) / readers_;
                while (group.size() < std::min(share, group_max)) {
                    group.push_back(std::move(waiting_.front()));
                    waiting_.pop_front();
                }
                if (!waiting_.empty()) bell_->wake.notify_one();
            }
            read(connection, group);
        }
    }

    void read(SqliteConnection& connection, std::vector<Statement>& group) {
        using namespace std::chrono_literals;
        const bool together = group.size() > 1;
        Wakes wakes;
        auto sent = std::chrono::steady_clock::now();
        std::exception_ptr error;
        try {
            if (together) connection.step("BEGIN");
        } catch (...) {
            error = std::current_exception();
        }
        for (Statement& statement : group) {
            answer(connection, statement, error, wakes);
            // Who waits behind a long list is not to wait for the answers before it, too.
            if (const auto now = std::chrono::steady_clock::now(); now - sent > 1ms) {
                wakes.send();
                sent = now;
            }
        }
        try {
            if (connection.in_transaction()) connection.step("COMMIT");
        } catch (const std::exception& failure) {
            telemetry::error("a read could not be ended: {}", failure.what());
        }
        wakes.send();
    }

    static void answer(
        SqliteConnection& connection, Statement& statement, std::exception_ptr error, Wakes& wakes
    ) {
        Rows rows;
        try {
            if (!error) rows = run_all(connection, statement);
        } catch (...) {
            error = std::current_exception();
        }
        if (error) {
            statement.done.fail(error, wakes);
        } else {
            statement.done.resolve(std::move(rows), wakes);
        }
    }

    static constexpr std::size_t group_max = 64;

    std::mutex mutex_;
    std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
    std::deque<Statement> waiting_;
    bool stopping_ = false;
    const std::size_t readers_;
    std::vector<std::thread> threads_;
};

class SqliteTransaction final : public Transaction {
  public:
    SqliteTransaction(Writer& writer, std::shared_ptr<Exclusive> exclusive)
        : writer_(writer),
          exclusive_(std::move(exclusive)) {}
    ~SqliteTransaction() override {
        if (!ended_) writer_.ask(*exclusive_, Ending{.commit = false});
    }

    Async<Rows> perform(const Sql& sql, std::vector<Value> params) override {
        return perform_many(sql, one_row(std::move(params)));
    }
    Async<Rows> perform_many(const Sql& sql, std::vector<std::vector<Value>> rows) override {
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

    Async<Rows> perform(const Sql& sql, std::vector<Value> params) override {
        return perform_many(sql, one_row(std::move(params)));
    }
    Async<Rows> perform_many(const Sql& sql, std::vector<std::vector<Value>> rows) override {
        co_return co_await wait_for<Rows>([&](Resolver<Rows> done) {
            Statement statement{sql, std::move(rows), std::move(done)};
            if (sql.reads()) {
                readers_.add(std::move(statement));
            } else {
                writer_.add(std::move(statement));
            }
        });
    }
    Async<std::unique_ptr<Transaction>> begin() override {
        std::shared_ptr<Exclusive> exclusive;
        co_await wait_for<bool>([&](Resolver<bool> begun) {
            exclusive = std::make_shared<Exclusive>(std::move(begun));
            writer_.add(exclusive);
        });
        co_return std::make_unique<SqliteTransaction>(writer_, std::move(exclusive));
    }

    // One process has the file, so a counter in memory does, above what the table ever had.
    Async<std::int64_t> next_id(std::string_view table) override {
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
            last_ids_.try_emplace(std::string(table), std::get<std::int64_t>(rows.rows[0][0]))
                .first;
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
