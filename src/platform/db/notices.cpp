#include "platform/db/notices.hpp"

#include <algorithm>

#include "platform/base/json/write.hpp"
#include "platform/db/postgres_connection.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::db {

namespace {

constexpr std::chrono::milliseconds look_pause{1000};  // whether the connection is still there

constexpr Sql listen_sql{"db.listen", "LISTEN zoetrope"};
constexpr Sql tell_sql{
    "db.tell",
    "SELECT count(pg_notify('zoetrope', word)) FROM json_array_elements_text(CAST($1 AS json)) "
    "AS words (word)"
};

constexpr Sql notify_sql{"db.notify", "SELECT pg_notify('zoetrope', $1)"};

}  // namespace

Async<void> notify(Session& db, std::string_view word) {
    co_await db.send(notify_sql, std::string(word));
}

Notices::Notices(const PostgresConfig& config, Offload& blocking, asio::io_context& io)
    : config_(config),
      blocking_(blocking),
      io_(io),
      looks_(io, look_pause),
      due_(io.get_executor()) {}

Notices::~Notices() = default;

void Notices::start() {
    if (config_.behind_pooler) return;
    started_ = true;
    looks_.start([this] { return stay_connected(); });
}

void Notices::stop() {
    if (!std::exchange(started_, false)) return;
    looks_.stop();
    std::promise<void> closed;
    asio::post(io_, [this, &closed] {
        due_.cancel();
        if (connection_) connection_->close();
        closed.set_value();
    });
    closed.get_future().wait();
}

Async<void> Notices::stay_connected() {
    if (connection_ && connection_->still_there()) co_return;
    try {
        co_await connect();
    } catch (const std::exception& error) {
        connection_.reset();
        telemetry::debug("other processes are not heard: {}", error.what());
    }
}

Async<void> Notices::connect() {
    Handle handle = co_await blocking_.run([this] { return connect_postgres(config_); });
    connection_ = std::make_shared<PostgresConnection>(std::move(handle), false, io_);
    connection_->hear([this](const std::string& told) { heard(told); });
    co_await connection_->run(listen_sql.name, listen_sql.text);
}

void Notices::heard(std::string_view told) {
    const std::size_t space = std::min(told.find(' '), told.size());
    const auto to = heard_.find(told.substr(0, space));
    if (to != heard_.end()) to->second(told.substr(std::min(space + 1, told.size())));
}

void Notices::tell(std::string_view word, std::string_view rest) {
    if (!started_) return;
    std::string told(word);
    if (!rest.empty()) told.append(" ").append(rest);
    asio::post(io_, [this, told = std::move(told)]() mutable {
        words_.insert(std::move(told));
        speak();
    });
}

void Notices::speak() {
    if (speaking_ || words_.empty()) return;
    speaking_ = true;
    due_.expires_at(spoke_at_ + pause);  // at once after a silence
    due_.async_wait([this](boost::system::error_code error) {
        if (!error) asio::co_spawn(io_.get_executor(), tell_all(), asio::detached);
    });
}

Async<void> Notices::tell_all() {
    const json::Raw words{json::to_string(std::vector(words_.begin(), words_.end()))};
    words_.clear();
    spoke_at_ = std::chrono::steady_clock::now();
    try {
        if (connection_ && connection_->alive())
            co_await connection_->run(tell_sql.name, tell_sql.text, Session::params(words));
    } catch (const std::exception& error) {
        telemetry::debug("other processes are not told: {}", error.what());
    }
    speaking_ = false;
    speak();
}

}  // namespace zoetrope::db
