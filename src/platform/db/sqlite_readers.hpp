// The threads that read; what waits together shares one lock on the file. Private to the part.
//
// Statements with Limit::list have a queue of their own. All readers but one serve it; a single
// reader serves both. Those that wait at the same time share the time that one of them may take, so
// that nobody waits for the longest of everybody's.
#pragma once

#include <thread>

#include "platform/db/sqlite.hpp"
#include "platform/db/sqlite_statement.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::db {

class Readers {
  public:
    explicit Readers(const SqliteConfig& config) : readers_(std::max(1U, config.readers)) {
        for (std::size_t i = 0; i < readers_; ++i) {
            threads_.emplace_back([this,
                                   connection = std::make_shared<SqliteConnection>(
                                       config.file,
                                       SqliteUse::reads,
                                       SqliteLimits{config.statement_max, config.list_max}
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
        const Executor executor = statement.done->executor();
        {
            const Lock lock(mutex_);
            (statement.sql.limit == Limit::list ? long_ : waiting_).push_back(std::move(statement));
        }
        bell_->ring(executor);
    }

  private:
    void loop(SqliteConnection& connection) {
        while (true) {
            std::vector<Statement> group;
            bool begins_long = false;
            std::size_t sharing = 1;
            {
                Lock lock(mutex_);
                bell_->wake.wait(lock, [this] {
                    return stopping_ || !waiting_.empty() || may_begin_long();
                });
                begins_long = may_begin_long();
                if (waiting_.empty() && !begins_long) return;  // who runs a long one ends the rest
                group = begins_long ? next_long() : next_share();
                sharing += long_.size();
                if (!waiting_.empty() || may_begin_long()) bell_->wake.notify_one();
            }
            connection.divide_list_time(sharing);
            read(connection, group);
            if (begins_long) end_long();
        }
    }

    bool may_begin_long() const {
        return !long_.empty() && long_running_ < std::max<std::size_t>(1, readers_ - 1);
    }
    std::vector<Statement> next_long() {
        std::vector<Statement> one;
        one.push_back(std::move(long_.front()));
        long_.pop_front();
        ++long_running_;
        return one;
    }
    void end_long() {
        const Lock lock(mutex_);
        --long_running_;
    }
    // Of what waits: together the reads take one lock on the file.
    std::vector<Statement> next_share() {
        std::vector<Statement> group;
        const std::size_t share = (waiting_.size() + readers_ - 1) / readers_;
        while (group.size() < std::min(share, group_max)) {
            group.push_back(std::move(waiting_.front()));
            waiting_.pop_front();
        }
        return group;
    }

    void read(SqliteConnection& connection, std::vector<Statement>& group) {
        using namespace std::chrono_literals;
        const bool together = group.size() > 1;
        Wakes<Rows> wakes;
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
        SqliteConnection& connection,
        Statement& statement,
        std::exception_ptr error,
        Wakes<Rows>& wakes
    ) {
        Rows rows;
        try {
            if (!error) rows = run_all(connection, statement);
        } catch (...) {
            error = std::current_exception();
        }
        if (error) {
            statement.done->fail(error, wakes);
        } else {
            rows.spent = std::move(statement.rows);
            statement.done->resolve(std::move(rows), wakes);
        }
    }

    static constexpr std::size_t group_max = 64;

    std::mutex mutex_;
    std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
    std::deque<Statement> waiting_;
    std::deque<Statement> long_;  // with Limit::list
    std::size_t long_running_ = 0;
    bool stopping_ = false;
    const std::size_t readers_;
    std::vector<std::thread> threads_;
};

}  // namespace zoetrope::db
