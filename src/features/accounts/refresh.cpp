// A refresh token becomes its successor.
#include "features/accounts/access_changes.hpp"
#include "features/accounts/checks.hpp"
#include "features/accounts/rules.hpp"
#include "features/accounts/sign_in.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::accounts {

namespace {

std::unexpected<Error> session_over() {
    return failure(
        Code::unauthenticated, "The session has ended, or the refresh token is none. Sign in."
    );
}

Result<void> count_refresh(Deps& deps, UserId user, Instant now) {
    const auto quota = deps.refreshes_by_account.take(account_subject(user), now);
    if (!quota.allowed) return come_later(quota);
    return {};
}

Async<Result<RotationResult>> rotate(
    db::Session& db, Deps& deps, const std::string& token, const Client& client, Instant now
) {
    const Rotation how{deps.refresh_key, deps.config.refresh_grace, deps.config.session_max, now};
    auto result = co_await rotate_refresh_token(db, token, how);
    // One that is refused stays good: for later, and for who comes back onto the list.
    if (result.rotated) {
        CO_CHECK(count_refresh(deps, result.rotated->user, now));
        CO_CHECK(may_still_use_account(*deps.admission.load(), state_of(*result.rotated)));
    }
    if (result.reused) {
        co_await note(db, *result.reused, "refresh_token_reused", "", client, now);
        co_await publish_change(db, deps, *result.reused);
    }
    co_return result;
}

// What came of the token when it was shown before, as long as that holds. When the grace is over,
// who shows it again has stolen it: the database has to learn that.
std::optional<ShownToken> remembered(Deps& deps, const std::string& name, Instant now) {
    if (deps.config.cache_max.count() == 0) return std::nullopt;
    auto shown = deps.shown_tokens.get(name);
    if (!shown || !shown->line) return shown;
    const bool holds = shown->used_at + deps.config.refresh_grace >= now &&
                       shown->stamp == deps.table.stamp(shown->line->user);
    return holds ? shown : std::nullopt;
}

// Remembered unless somebody changed meanwhile: whose stamp to take is only known afterwards.
Async<Result<ShownToken>> look_up(
    Deps& deps, const std::string& token, const std::string& name, const Client& client, Instant now
) {
    const std::uint64_t changes = deps.table.changes();
    CO_TRY(const RotationResult result, co_await db::transact(deps.db, [&](db::Transaction& db) {
               return rotate(db, deps, token, client, now);
           }));
    if (result.reused) {
        deps.table.change(*result.reused);
        telemetry::warn("a used refresh token of user {} came again", result.reused->value);
    }
    ShownToken shown;
    if (result.rotated) {
        const Rotated& rotated = *result.rotated;
        shown.line = TokenLine{rotated.session, rotated.user, rotated.auth_epoch};
        shown.used_at = result.used_at;
        shown.stamp = deps.table.stamp(rotated.user);
    }
    if (!shown.line || deps.table.changes() == changes) deps.shown_tokens.put(name, shown);
    co_return shown;
}

}  // namespace

Async<Result<SignedIn>> refresh_session(
    Deps& deps, const std::string& refresh_token, const Client& client
) {
    const Instant now = deps.clock.now();
    const std::string name = crypto::digest(refresh_token);
    auto shown = remembered(deps, name, now);
    if (!shown) {
        CO_TRY(shown, co_await look_up(deps, refresh_token, name, client, now));
    } else if (shown->line) {
        CO_CHECK(count_refresh(deps, shown->line->user, now));
    }
    if (!shown->line) co_return session_over();
    const auto& [session, user, auth_epoch] = *shown->line;
    co_return SignedIn{
        access_token(deps, user, session, auth_epoch, now),
        deps.refresh_key.mac(refresh_token),
        user,
        session
    };
}

}  // namespace zoetrope::accounts
