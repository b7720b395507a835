#include "features/accounts/clean_up.hpp"

#include "features/accounts/personal_data.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::accounts {

namespace {

constexpr std::int64_t batch = 1000;  // rows in a statement: none holds long
constexpr std::chrono::hours interval{1};
constexpr std::chrono::hours signing_key_age_max{30 * 24};
constexpr std::chrono::hours failures_kept{2};  // their counts end after one
constexpr std::chrono::hours unconfirmed_kept{7 * 24};
constexpr std::chrono::hours access_changes_kept{1};  // read within a second, or after an outage

// Each by the index that its condition has.
constexpr db::Sql clean_tokens_sql{
    "accounts.clean_tokens",
    "DELETE FROM refresh_tokens WHERE token IN "
    "(SELECT token FROM refresh_tokens WHERE NOT revoked AND expires_at < $1 LIMIT $2)"
};
constexpr db::Sql clean_revoked_tokens_sql{
    "accounts.clean_revoked_tokens",
    "DELETE FROM refresh_tokens WHERE token IN "
    "(SELECT token FROM refresh_tokens WHERE revoked AND expires_at < $1 LIMIT $2)"
};
constexpr db::Sql clean_sessions_sql{
    "accounts.clean_sessions",
    "DELETE FROM sessions WHERE id IN (SELECT s.id FROM sessions s WHERE s.expires_at < $1 AND NOT "
    "EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.token_family = s.id) LIMIT $2)"
};
constexpr db::Sql clean_links_sql{
    "accounts.clean_links",
    "DELETE FROM account_links WHERE id IN "
    "(SELECT id FROM account_links WHERE expires_at < $1 LIMIT $2)"
};
constexpr db::Sql clean_failures_sql{
    "accounts.clean_failures",
    "DELETE FROM login_failures WHERE subject IN "
    "(SELECT subject FROM login_failures WHERE last_at < $1 LIMIT $2)"
};
constexpr db::Sql clean_audit_sql{
    "accounts.clean_audit",
    "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE created_at < $1 LIMIT $2)"
};
constexpr db::Sql clean_access_changes_sql{
    "accounts.clean_access_changes",
    "DELETE FROM access_changes WHERE id IN "
    "(SELECT id FROM access_changes WHERE created_at < $1 LIMIT $2)"
};

Async<std::int64_t> clean(db::Session& db, const db::Sql& sql, Instant before) {
    std::int64_t all = 0;
    while (true) {
        const std::int64_t gone = co_await db.execute(sql, before, batch);
        all += gone;
        if (gone < batch) co_return all;
    }
}

struct Newest {
    Instant created_at;
};
BOOST_DESCRIBE_STRUCT(Newest, (), (created_at))
constexpr db::Sql newest_signing_key_sql{
    "accounts.newest_signing_key",
    "SELECT created_at FROM signing_keys ORDER BY created_at DESC LIMIT 1"
};

// Accounts that nobody ever signed in to are names that others want. Only where an address must be
// confirmed: elsewhere an unconfirmed account is as good as any.
constexpr db::Sql release_unconfirmed_sql{
    "accounts.release_unconfirmed",
    "UPDATE users SET username = 'unconfirmed', folded_username = NULL, email = NULL, "
    "folded_email = NULL, password_hash = NULL WHERE id IN (SELECT u.id FROM users u "
    "WHERE u.email_verified_at IS NULL AND u.folded_email IS NOT NULL AND u.role = 'member' "
    "AND u.created_at < $1 AND u.signed_in_at IS NULL LIMIT $2)"
};

Async<queue::Outcome> run(Deps& deps) {
    const std::int64_t gone = co_await clean_up(deps);
    if (gone > 0) telemetry::info("accounts: {} rows that had ended were taken away", gone);
    if (co_await erase_again(deps) > 0) deps.pools.wake(queue::maintenance);
    co_return queue::Done{};
}

Async<void> clean_up_gave_up(std::string error) {
    telemetry::warn("the clean-up of accounts was given up until its next turn: {}", error);
    co_return;
}

}  // namespace

queue::Schedule clean_up_schedule() {
    return {"accounts.clean_up", interval, std::string(queue::maintenance)};
}

const db::Sql& clean_tokens_statement() { return clean_tokens_sql; }

Async<std::int64_t> clean_up(Deps& deps) {
    const Instant now = deps.clock.now();
    std::int64_t gone = co_await clean(deps.db, clean_tokens_sql, now);
    gone += co_await clean(deps.db, clean_revoked_tokens_sql, now);
    gone += co_await clean(deps.db, clean_sessions_sql, now);
    gone += co_await clean(deps.db, clean_links_sql, now);
    gone += co_await clean(deps.db, clean_failures_sql, now - failures_kept);
    gone += co_await clean(deps.db, clean_audit_sql, now - deps.config.audit_kept);
    gone += co_await clean(deps.db, clean_access_changes_sql, now - access_changes_kept);
    if (deps.admission.load()->require_verified_email)
        gone += co_await clean(deps.db, release_unconfirmed_sql, now - unconfirmed_kept);
    const auto newest = co_await deps.db.one<Newest>(newest_signing_key_sql);
    if (newest && newest->created_at < now - signing_key_age_max)
        co_await deps.signing.rotate(deps.db, now, deps.config.access_max);
    co_return gone;
}

void add_clean_up_handler(Deps& deps, queue::Handlers& handlers) {
    handlers.add(
        "accounts.clean_up",
        {.run = [&deps](queue::Task, std::stop_token) { return run(deps); },
         .gave_up = [](queue::Task,
                       std::string error) { return clean_up_gave_up(std::move(error)); }}
    );
}

}  // namespace zoetrope::accounts
