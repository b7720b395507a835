// What one core has of the pool. Only its own thread touches it, but for the counters. Private to
// the part.
#pragma once

#include <atomic>
#include <deque>
#include <map>

#include "platform/base/turns.hpp"
#include "platform/db/postgres.hpp"
#include "platform/db/postgres_batch.hpp"

namespace zoetrope::db {

inline std::string_view postgres_text(const Sql& sql) {
    return sql.postgres.empty() ? sql.text : sql.postgres;
}

class Lane : public std::enable_shared_from_this<Lane> {
  public:
    using Connection = std::shared_ptr<PostgresConnection>;

    // `at` of `lanes`: the pool's limits are split so that no connection is lost to rounding.
    Lane(
        PostgresConfig config, unsigned lanes, unsigned at, asio::io_context& io, Offload& blocking
    );
    void shut();  // the pool is going: its connections end, on their own thread

    asio::io_context& io() { return io_; }

    // The least busy of the shared connections, opened when it is not.
    Async<Connection> shared();
    Async<Rows> run(const Sql& sql, std::vector<Value> params);
    std::shared_ptr<Batch> batch_of(const Sql& sql);

    // A connection for one transaction. Throws Failure when none was free in time.
    Async<Connection> take();
    // Its transaction is over, or the connection is broken.
    void give_back(Connection connection);

    // For a single statement that takes long and has such a connection, so that no other waits
    // behind it: the few that run at a time leave the others to transactions.
    Async<Turn> turn_of_long() { return long_turns_.take(); }
    // The same for a list, which waits no longer than it may run. Throws TimedOut.
    Async<Turn> turn_of_list();
    const std::string& list_max() const { return list_max_; }  // milliseconds

    Async<std::vector<std::int64_t>> next_ids(std::string_view table, std::size_t count);

    void add_to(PoolStatus& status) const;

  private:
    struct Place {
        Timer called;
        Connection given;
        std::string refused;
    };
    struct Ids {
        std::deque<std::int64_t> free;  // growing
    };

    static Async<Connection> shared_of(std::shared_ptr<Lane> lane);
    std::size_t load(std::size_t i) const { return shared_[i] ? shared_[i]->waiting() : 0; }
    bool usable(const Connection& connection) const;
    Async<Connection> connect();
    Connection lend(Connection connection);
    bool hand_on(Connection& connection);
    void open_behind(std::size_t at);
    void open_for_who_waits();
    void note();

    const std::shared_ptr<const PostgresConfig> config_;
    const unsigned size_, overflow_max_;
    const std::string list_max_;
    asio::io_context& io_;
    Offload& blocking_;
    std::vector<Connection> shared_;
    std::vector<Connection> free_;
    std::deque<std::shared_ptr<Place>> waiting_;
    std::map<std::string_view, std::shared_ptr<Batch>> batches_;
    std::map<std::string, Ids> ids_;
    Turns long_turns_;
    std::size_t lent_ = 0, pending_ = 0;
    std::vector<std::weak_ptr<PostgresConnection>> lent_out_;  // the same
    bool opening_ = false;
    std::chrono::milliseconds backoff_{0};
    std::chrono::steady_clock::time_point away_until_{};
    std::string away_because_;
    std::atomic<std::int64_t> free_count_ = 0, lent_count_ = 0, waiting_count_ = 0,
                              shared_count_ = 0;
};

}  // namespace zoetrope::db
