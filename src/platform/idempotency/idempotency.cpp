#include "platform/idempotency/idempotency.hpp"

#include "platform/queue/clean_up.hpp"

namespace zoetrope::idempotency {

namespace {

using namespace std::chrono_literals;
constexpr auto kept = 24h;  // as long as a client may reasonably go on trying
constexpr auto clean_up_interval = 1h;
constexpr std::string_view clean_up_kind = "idempotency.clean_up";

struct Answered {
    std::string body_digest;
    std::string response;
};
BOOST_DESCRIBE_STRUCT(Answered, (), (body_digest, response))

}  // namespace

constexpr db::Sql forget_old_sql{"idempotency.forget_old", R"sql(
    DELETE FROM idempotency_keys WHERE owner_id = $1 AND route = $2 AND key = $3 AND created_at < $4
)sql"};

constexpr db::Sql find_sql{"idempotency.find", R"sql(
    SELECT body_digest, response FROM idempotency_keys WHERE owner_id = $1 AND route = $2 AND key = $3
)sql"};

Async<Result<std::optional<std::string>>> find_answer(
    db::Session& db, const Key& key, Instant now
) {
    if (key.key.empty()) co_return std::nullopt;
    co_await db.send(forget_old_sql, key.owner, key.route, key.key, now - kept);
    auto found = co_await db.one<Answered>(find_sql, key.owner, key.route, key.key);
    if (!found) co_return std::nullopt;
    if (found->body_digest != key.body_digest) {
        co_return invalid(
            "Idempotency-Key", "was used with another body; send a new key with a new request"
        );
    }
    co_return std::optional(std::move(found->response));
}

constexpr db::Sql remember_sql{"idempotency.remember", R"sql(
    INSERT INTO idempotency_keys (owner_id, route, key, body_digest, response, created_at)
    VALUES ($1, $2, $3, $4, $5, $6)
)sql"};

Async<void> remember(db::Session& db, const Key& key, std::string answer, Instant now) {
    if (key.key.empty()) co_return;
    co_await db.send(remember_sql, key.owner, key.route, key.key, key.body_digest, answer, now);
}

constexpr db::Sql remove_old_sql{"idempotency.remove_old", R"sql(
    DELETE FROM idempotency_keys WHERE (owner_id, route, key) IN (SELECT owner_id, route, key
    FROM idempotency_keys WHERE created_at < $1 ORDER BY created_at LIMIT $2)
)sql"};

queue::Schedule clean_up_schedule() {
    return {std::string(clean_up_kind), clean_up_interval, std::string(queue::maintenance)};
}

void add_clean_up_handler(queue::Handlers& handlers, db::Pool& db, const Clock& clock) {
    queue::add_clean_up(handlers, std::string(clean_up_kind), [&db, &clock] {
        return queue::delete_before(db, remove_old_sql, clock.now() - kept);
    });
}

constexpr db::Sql forget_sql{
    "idempotency.forget", "DELETE FROM idempotency_keys WHERE owner_id = $1"
};

Async<void> forget(db::Session& db, UserId owner) { co_await db.send(forget_sql, owner); }

}  // namespace zoetrope::idempotency
