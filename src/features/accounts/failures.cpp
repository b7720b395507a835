#include "features/accounts/failures.hpp"

#include <algorithm>

namespace zoetrope::accounts {

namespace {

struct Counted {
    std::int64_t failures = 0;
};
BOOST_DESCRIBE_STRUCT(Counted, (), (failures))
struct Wait {
    std::string subject;
    Instant wait_until;
};
BOOST_DESCRIBE_STRUCT(Wait, (), (subject, wait_until))

std::int64_t microseconds(std::chrono::microseconds time) { return time.count(); }

}  // namespace

Failures::Subject Failures::account(std::string_view subject) const {
    return {key_.mac("account:" + std::string(subject)), Patience{}};
}

Failures::Subject Failures::password_of(UserId user) const {
    return {key_.mac("password:" + std::to_string(user.value)), Patience{}};
}

// More than one person may sit behind an address, so more is free.
Failures::Subject Failures::network(std::string_view network) const {
    Patience patience;
    patience.free = 30;
    return {key_.mac("network:" + std::string(network)), patience};
}

constexpr db::Sql login_wait_sql{
    "accounts.login_wait",
    "SELECT subject, wait_until FROM login_failures WHERE subject IN ($1, $2)"
};

Async<Failures::Standing> Failures::look(
    db::Session& db, const Subject& a, const Subject& b, Instant now
) const {
    Standing standing;
    for (const Wait& row : co_await db.all<Wait>(login_wait_sql, a.key, b.key)) {
        const std::int64_t wait_us = std::max<std::int64_t>(0, row.wait_until.us - now.us);
        standing.wait_s = std::max(standing.wait_s, int((wait_us + 999'999) / 1'000'000));
        if (row.subject == a.key) standing.has_failures = true;
    }
    co_return standing;
}

// One statement counts, so that tries at the same time are all counted; the time to wait follows
// from the count, by doubling.
constexpr db::Sql count_failure_sql{
    "accounts.count_failure",
    "INSERT INTO login_failures (subject, failures, last_at, wait_until) VALUES ($1, 1, $2, 0) "
    "ON CONFLICT (subject) DO UPDATE SET failures = CASE WHEN login_failures.last_at < $3 THEN 1 "
    "ELSE login_failures.failures + 1 END, last_at = $2 RETURNING failures"
};
constexpr db::Sql delay_login_sql{
    "accounts.delay_login",
    "UPDATE login_failures SET wait_until = $2 WHERE subject = $1 AND wait_until < $2"
};

Async<void> Failures::count(db::Session& db, const Subject& subject, Instant now) const {
    const Patience& patience = subject.patience;
    const auto row =
        co_await db.one<Counted>(count_failure_sql, subject.key, now, now - patience.forget);
    const std::int64_t over = row ? row->failures - patience.free : 0;
    if (over <= 0) co_return;
    const auto doubled = patience.first * (1LL << std::min<std::int64_t>(over - 1, 20));
    const std::int64_t wait = std::min(microseconds(doubled), microseconds(patience.most));
    co_await db.send(delay_login_sql, subject.key, Instant{now.us + wait});
}

constexpr db::Sql forget_failures_sql{
    "accounts.forget_failures", "DELETE FROM login_failures WHERE subject = $1"
};

Async<void> Failures::forget(db::Session& db, const Subject& subject) const {
    co_await db.send(forget_failures_sql, subject.key);
}

}  // namespace zoetrope::accounts
