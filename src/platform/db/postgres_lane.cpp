#include "platform/db/postgres_lane.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "platform/telemetry/log.hpp"

namespace zoetrope::db {

namespace {

using namespace std::chrono_literals;

constexpr auto backoff_first = 100ms;  // after a failed connect; doubles
constexpr auto backoff_max = 1s;       // a connect a second is nothing to a server that comes back
constexpr unsigned long_share = 4;     // of the connections, one in so many may run long statements
constexpr std::int64_t ids_at_once = 256;  // drawn together; lost when the process ends

unsigned share_of(unsigned total, unsigned lanes, unsigned at) {
    return total / lanes + (at < total % lanes ? 1 : 0);
}

}  // namespace

Lane::Lane(
    PostgresConfig config, unsigned lanes, unsigned at, asio::io_context& io, Offload& blocking
)
    : config_(std::make_shared<const PostgresConfig>(std::move(config))),
      size_(std::max(1U, share_of(config_->size, lanes, at))),
      overflow_max_(share_of(config_->overflow, lanes, at)),
      list_max_(std::to_string(config_->list_max.count())),
      io_(io),
      blocking_(blocking),
      shared_(std::max(1U, config_->behind_pooler ? config_->shared_behind_pooler : config_->shared)
      ),
      long_turns_(std::max(1U, size_ / long_share), io) {}

void Lane::shut() {
    away_until_ = std::chrono::steady_clock::time_point::max();  // no new ones
    away_because_ = "The database was closed.";
    for (const Connection& each : shared_)
        if (each) each->close();
    for (const Connection& each : free_) each->close();
    free_.clear();
    // Whoever holds one is over, but for a rollback that nobody waits for.
    for (const auto& each : std::vector(lent_out_))
        if (const Connection connection = each.lock()) connection->close();
}

Async<Lane::Connection> Lane::shared() {
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

Async<Rows> Lane::run(const Sql& sql, std::vector<Value> params) {
    if (sql.coalesce == Coalesce::together)
        co_return co_await batch_of(sql)->run(one_row(std::move(params)));
    const Connection connection = co_await shared();
    co_return co_await connection->run(sql.name, postgres_text(sql), std::move(params));
}

Async<Turn> Lane::turn_of_list() {
    const auto until = std::chrono::steady_clock::now() + config_->list_max;
    Turn turn = co_await long_turns_.take({}, {}, until);
    if (!turn) throw TimedOut();
    co_return turn;
}

std::shared_ptr<Batch> Lane::batch_of(const Sql& sql) {
    auto& batch = batches_[sql.name];
    if (!batch) {
        batch = std::make_shared<Batch>(
            sql, [lane = weak_from_this()] { return shared_of(lane.lock()); }, io_.get_executor()
        );
    }
    return batch;
}

Async<Lane::Connection> Lane::shared_of(std::shared_ptr<Lane> lane) {
    if (!lane) throw Failure("The database was closed.");
    co_return co_await lane->shared();
}

Async<Lane::Connection> Lane::take() {
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
        Timer(io_.get_executor(), std::chrono::steady_clock::now() + config_->acquire_max), {}, {}
    });
    waiting_.push_back(place);
    note();
    co_await place->called.async_wait(with_error);
    if (place->given) co_return std::move(place->given);  // counted as lent when it was given
    std::erase(waiting_, place);
    note();
    throw Failure(
        place->refused.empty() ? "All connections to PostgreSQL are in use." : place->refused
    );
}

void Lane::give_back(Connection connection) {
    --lent_;
    std::erase_if(lent_out_, [&connection](const auto& each) {
        const Connection lent = each.lock();
        return !lent || lent == connection;
    });
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

Async<std::vector<std::int64_t>> Lane::next_ids(std::string_view table, std::size_t count) {
    Ids& ids = ids_.try_emplace(std::string(table)).first->second;
    while (ids.free.size() < count) {
        static constexpr Sql draw_sql{
            "db.draw_ids",
            // The name is looked up once, not for each id: OFFSET 0 keeps the query below whole.
            "SELECT nextval(ids) FROM (SELECT CAST(pg_get_serial_sequence($1, 'id') AS regclass) "
            "AS ids OFFSET 0) AS named, generate_series(1, CAST($2 AS bigint))"
        };
        std::vector<Value> params;
        params.emplace_back(std::string(table));
        params.emplace_back(std::max(ids_at_once, std::int64_t(count)));
        const Rows drawn = co_await run(draw_sql, std::move(params));
        for (const Value& id : drawn.cells) ids.free.push_back(std::get<std::int64_t>(id));
    }
    const auto end = ids.free.begin() + std::ptrdiff_t(count);
    std::vector<std::int64_t> out(ids.free.begin(), end);
    ids.free.erase(ids.free.begin(), end);
    co_return out;
}

void Lane::add_to(PoolStatus& status) const {
    status.size += size_;
    status.overflow_max += overflow_max_;
    status.checked_in += free_count_;
    status.checked_out += lent_count_;
    status.shared += shared_count_;
    status.waiting += waiting_count_;
    status.overflow += std::max<std::int64_t>(0, free_count_ + lent_count_ - size_);
}

bool Lane::usable(const Connection& connection) const {
    if (!connection || !connection->alive()) return false;
    if (connection->waiting() == 0 && connection->is_older_than(config_->recycle)) {
        connection->close();
        return false;
    }
    return !config_->pre_ping || connection->still_there();
}

Lane::Connection Lane::lend(Connection connection) {
    ++lent_;
    lent_out_.push_back(connection);
    note();
    return connection;
}

// To the one who has waited longest; false when nobody waits.
bool Lane::hand_on(Connection& connection) {
    if (waiting_.empty()) return false;
    const auto next = waiting_.front();
    waiting_.pop_front();
    next->given = lend(std::move(connection));
    next->called.cancel();
    return true;
}

// While the database is away, one attempt after another with pauses; in between, the same
// answer at once.
Async<Lane::Connection> Lane::connect() {
    if (std::chrono::steady_clock::now() < away_until_) throw Failure(away_because_);
    Handle handle;
    try {
        handle = co_await blocking_.run([config = config_] { return connect_postgres(*config); });
    } catch (const Failure& failure) {
        backoff_ = std::clamp<std::chrono::milliseconds>(backoff_ * 2, backoff_first, backoff_max);
        away_until_ = std::chrono::steady_clock::now() + backoff_;
        away_because_ = failure.what();
        telemetry::warn("{}", away_because_);
        throw;
    }
    backoff_ = 0ms;
    co_return std::make_shared<PostgresConnection>(std::move(handle), config_->behind_pooler, io_);
}

void Lane::note() {
    free_count_ = std::int64_t(free_.size());
    lent_count_ = std::int64_t(lent_);
    waiting_count_ = std::int64_t(waiting_.size());
    shared_count_ = std::ranges::count_if(shared_, [](const Connection& each) {
        return each && each->alive();
    });
}

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

}  // namespace zoetrope::db
