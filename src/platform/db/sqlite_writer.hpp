// The one thread that writes: waiting statements share a commit, a transaction has it to itself.
// Bulks, statements of many rows, have a queue of their own, and take turns with all others: who
// sends many of them holds up nobody for longer than one group of bulks takes. Private to the part.
#pragma once

#include <thread>

#include "platform/db/sqlite.hpp"
#include "platform/db/sqlite_statement.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::db {

class Writer {
  public:
    Writer(const SqliteConfig& config)
        : config_(config),
          connection_(config.file, SqliteUse::writes, {config.statement_max, config.list_max}),
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
        const Executor executor = statement.done->executor();
        {
            const Lock lock(mutex_);
            if (statement.rows.size() > few_rows) {
                bulks_.push_back(std::move(statement));
            } else {
                waiting_.emplace_back(std::move(statement));
            }
        }
        bell_->ring(executor);
    }
    // The thread is woken by the first that is asked of it.
    void add(std::shared_ptr<Exclusive> transaction) {
        const Lock lock(mutex_);
        waiting_.emplace_back(std::move(transaction));
    }
    void ask(Exclusive& transaction, std::variant<Statement, Ending> what) {
        // What nobody waits for can wait for what comes behind it.
        const auto* statement = std::get_if<Statement>(&what);
        const bool awaited = !statement || statement->done;
        {
            const Lock lock(mutex_);
            if (!transaction.over) {
                transaction.asked.push_back(std::move(what));
                if (awaited) bell_->wake.notify_all();
                return;
            }
        }
        refuse(what, transaction.failed);
    }

  private:
    using Item = std::variant<Statement, std::shared_ptr<Exclusive>>;

    static void refuse(std::variant<Statement, Ending>& what, std::exception_ptr why) {
        if (!why) why = out_of_time();
        if (auto* statement = std::get_if<Statement>(&what)) {
            if (statement->done) statement->done->fail(why);
        } else if (auto& ending = std::get<Ending>(what); ending.done) {
            ending.done->fail(why);
        }
    }

    void loop() {
        while (true) {
            std::vector<Statement> group;
            std::shared_ptr<Exclusive> transaction;
            {
                Lock lock(mutex_);
                bell_->wake.wait(lock, [this] {
                    return stopping_ || !waiting_.empty() || !bulks_.empty();
                });
                if (waiting_.empty() && bulks_.empty()) return;
                // On a busy core an I/O thread may be half way through handing over: it goes first,
                // and its rows share this commit. Costs nothing when nobody else wants the core.
                lock.unlock();
                std::this_thread::yield();
                lock.lock();
                is_turn_of_bulks_ = !bulks_.empty() && (waiting_.empty() || !is_turn_of_bulks_);
                if (is_turn_of_bulks_) {
                    group = next_bulks();
                } else {
                    transaction = next_group(group);
                }
            }
            if (transaction) {
                run_transaction(*transaction);
            } else {
                run_group(group);
            }
        }
    }

    // Everything that arrived while the last commit was on its way to the disk shares the next one,
    // up to a transaction, which is returned when it is first.
    std::shared_ptr<Exclusive> next_group(std::vector<Statement>& group) {
        group.reserve(std::min(waiting_.size(), group_max));
        while (!waiting_.empty() && group.size() < group_max) {
            if (auto* statement = std::get_if<Statement>(&waiting_.front())) {
                group.push_back(std::move(*statement));
            } else if (group.empty()) {
                auto transaction = std::get<std::shared_ptr<Exclusive>>(waiting_.front());
                waiting_.pop_front();
                return transaction;
            } else {
                break;
            }
            waiting_.pop_front();
        }
        return nullptr;
    }

    std::vector<Statement> next_bulks() {
        std::vector<Statement> group;
        std::size_t bytes = 0;
        while (!bulks_.empty()) {
            bytes += bytes_of(bulks_.front());
            if (!group.empty() && bytes > bulk_bytes_max) break;
            group.push_back(std::move(bulks_.front()));
            bulks_.pop_front();
        }
        return group;
    }
    static std::size_t bytes_of(const Statement& statement) {
        std::size_t bytes = 0;
        for (const auto& row : statement.rows)
            for (const Value& value : row)
                bytes +=
                    sizeof value +
                    (std::get_if<std::string>(&value) ? std::get<std::string>(value).size() : 0);
        return bytes;
    }

    using Outcomes = std::vector<std::variant<Rows, std::exception_ptr>>;

    void run_group(std::vector<Statement>& group) {
        watch_room();
        Outcomes outcomes(group.size());
        std::exception_ptr failed = commit_group(group, outcomes);
        if (is_disk_full(failed) && config_.make_room) {
            make_room();
            failed = commit_group(group, outcomes);
        }
        Wakes<Rows> wakes;
        for (std::size_t i = 0; i < group.size(); ++i) {
            if (failed) {
                group[i].done->fail(failed, wakes);
            } else if (auto* error = std::get_if<std::exception_ptr>(&outcomes[i])) {
                group[i].done->fail(*error, wakes);
            } else {
                Rows& rows = std::get<Rows>(outcomes[i]);
                rows.spent = std::move(group[i].rows);
                group[i].done->resolve(std::move(rows), wakes);
            }
        }
        wakes.send();
    }

    // What failed for all; what failed for one is its outcome.
    std::exception_ptr commit_group(const std::vector<Statement>& group, Outcomes& outcomes) {
        try {
            connection_.step("BEGIN IMMEDIATE");
            for (std::size_t i = 0; i < group.size(); ++i) outcomes[i] = run_alone(group[i]);
            connection_.step("COMMIT");
            return nullptr;
        } catch (...) {
            const std::exception_ptr failed = std::current_exception();
            roll_back();
            return failed;
        }
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
        watch_room();
        try {
            connection_.execute("BEGIN IMMEDIATE");
        } catch (...) {
            return end(transaction, std::current_exception());
        }
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
                const std::exception_ptr failed = answer(*statement);
                if (!failed) continue;
                roll_back();
                return end(transaction, failed);
            } else {
                return finish(transaction, std::get<Ending>(*next));
            }
        }
    }

    // With a failure the transaction is over, as on PostgreSQL.
    std::exception_ptr answer(Statement& statement) {
        Rows rows;
        std::exception_ptr error;
        try {
            rows = run_all(connection_, statement);
        } catch (...) {
            error = std::current_exception();
        }
        if (statement.done && error) statement.done->fail(error);
        if (statement.done && !error) statement.done->resolve(std::move(rows));
        return error;
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
        // Its statements were answered, so only its owner can do them once more.
        if (is_disk_full(failed) && make_room()) failed = std::make_exception_ptr(RoomMade());
        if (!ending.done) return;
        if (failed) {
            ending.done->fail(failed);
        } else {
            ending.done->resolve(true);
        }
    }

    // What is asked of it from now on is refused; what was asked and not done, too.
    void end(Exclusive& transaction, std::exception_ptr failed = nullptr) {
        std::deque<std::variant<Statement, Ending>> left;
        {
            const Lock lock(mutex_);
            transaction.failed = failed;
            transaction.over = true;
            left.swap(transaction.asked);
        }
        for (auto& what : left) refuse(what, failed);
    }

    void roll_back() {
        try {
            if (connection_.in_transaction()) connection_.execute("ROLLBACK");
        } catch (const std::exception& error) {
            telemetry::error("rollback failed: {}", error.what());
        }
    }

    static bool is_disk_full(const std::exception_ptr& failed) {
        try {
            if (failed) std::rethrow_exception(failed);
        } catch (const StorageRefused& refused) {
            return refused.error.code == Code::storage_full;
        } catch (...) {
        }
        return false;
    }

    // Whether there is more than before. Even without it the log may have room for a commit, once
    // what it holds has been copied back: that happens behind a commit, and none succeeds.
    bool make_room() {
        const bool made = config_.make_room && config_.make_room();
        watch_room();
        if (can_copy_back()) set_up(SqliteConnection::copy_back);
        return made;
    }

    void watch_room() {
        if (!config_.free_bytes) return;
        const bool is_short = config_.free_bytes() < SqliteConnection::large_log_room;
        if (is_short == has_small_log_ || (is_short && !can_copy_back())) return;
        has_small_log_ = is_short;
        set_up(is_short ? SqliteConnection::small_log : SqliteConnection::large_log);
        set_up(SqliteConnection::usual_wait);
    }

    // To copy half of the log would take what the file grows by and give nothing back.
    bool can_copy_back() {
        try {
            return config_.free_bytes && connection_.bytes_to_grow() <= config_.free_bytes();
        } catch (const std::exception& error) {
            telemetry::warn("the size of the database cannot be read: {}", error.what());
            return false;
        }
    }

    void set_up(const char* text) {
        try {
            connection_.execute(text);
        } catch (const std::exception& error) {
            telemetry::warn("the database's log cannot be copied back: {}", error.what());
        }
    }

    static constexpr std::size_t group_max = 512;  // bounds the wait of the first in a group
    static constexpr std::size_t few_rows = 16;    // more are a bulk
    static constexpr std::size_t bulk_bytes_max = 4 * 1024 * 1024;  // in a group: some 50 ms

    const SqliteConfig& config_;
    SqliteConnection connection_;
    std::mutex mutex_;
    std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
    std::deque<Item> waiting_;
    std::deque<Statement> bulks_;
    bool is_turn_of_bulks_ = false;
    bool stopping_ = false;
    bool has_small_log_ = false;
    std::thread thread_;
};

}  // namespace zoetrope::db
