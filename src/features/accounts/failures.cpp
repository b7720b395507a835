#include "features/accounts/failures.hpp"

#include <algorithm>
#include <array>

namespace zoetrope::accounts {

namespace {

using std::chrono::seconds;

constexpr std::int64_t free_failures = 5;  // people mistype
constexpr seconds wait_max{30};
constexpr seconds flood_wait{15};      // half of what anybody may be made to wait
constexpr std::int64_t flood_min{50};  // more than a team with a shared account mistypes
constexpr std::chrono::hours forget_after{1};
constexpr std::size_t subjects_max = 4;  // of one attempt, as login_counts_sql takes them

struct Counted {
    std::int64_t failures = 0;
};
BOOST_DESCRIBE_STRUCT(Counted, (), (failures))
struct CountRow {
    std::string subject;
    std::int64_t failures = 0;
    Instant wait_until;
};
BOOST_DESCRIBE_STRUCT(CountRow, (), (subject, failures, wait_until))

std::int64_t free_of(std::int64_t allowance, bool is_flooded) {
    return is_flooded ? 0 : free_failures * allowance;
}

seconds wait_after(std::int64_t failures, std::int64_t allowance, bool is_flooded) {
    const std::int64_t over = failures - free_of(allowance, is_flooded);
    if (over <= 0) return seconds(0);
    const seconds doubled(1LL << std::min<std::int64_t>(over - 1, 5));
    const seconds alone = std::clamp(doubled, is_flooded ? flood_wait : seconds(1), wait_max);
    return seconds((alone.count() + allowance - 1) / allowance);
}

// A clock that was wrong may have written a wait that no rule makes.
bool is_believable(Instant wait_until, Instant now) { return wait_until <= now + wait_max; }

int seconds_until(Instant at, Instant now) {
    return int(std::max<std::int64_t>(0, at.us - now.us + 999'999) / 1'000'000);
}

}  // namespace

bool Failures::History::has_counts() const { return std::ranges::any_of(counts, &Count::is_live); }

Failures::Attempt Failures::of_device(const DeviceToken& device) const {
    const std::string text = "device:" + std::to_string(device.user.value) + ":";
    return {{{key_.mac(text + device.device.str())}}, std::nullopt};
}

Failures::Attempt Failures::of_signed_in(UserId user) const {
    return {{{key_.mac("password:" + std::to_string(user.value))}}, std::nullopt};
}

Failures::Attempt Failures::of_stranger(
    std::string_view name, const std::vector<limits::LimitKey>& networks, bool is_known_place
) const {
    Attempt attempt;
    const std::string text = "name:" + std::string(name);
    for (const auto& [network, allowance] : networks)  // no network has an `@`
        attempt.subjects.push_back({key_.mac(text + "@" + network), allowance});
    if (!is_known_place) attempt.name = key_.mac(text);
    return attempt;
}

constexpr db::Sql login_counts_sql{
    "accounts.login_counts",
    "SELECT subject, failures, wait_until FROM login_failures "
    "WHERE subject IN ($1, $2, $3, $4) AND last_at >= $5"
};

Async<Failures::History> Failures::look(db::Session& db, const Attempt& attempt, Instant now)
    const {
    std::array<std::string, subjects_max> keys;
    keys.fill(attempt.name.value_or(attempt.subjects.front().key));
    std::ranges::transform(attempt.subjects, keys.begin(), &limits::LimitKey::key);
    const auto rows = co_await db.all<CountRow>(
        login_counts_sql, keys[0], keys[1], keys[2], keys[3], now - forget_after
    );
    History history;
    history.counts.resize(attempt.subjects.size());
    for (const auto& [key, failures, wait_until] : rows) {
        if (key == attempt.name) history.is_flooded = failures >= flood_min;
        const auto at = std::ranges::find(attempt.subjects, key, &limits::LimitKey::key);
        if (at == attempt.subjects.end()) continue;
        history.counts[std::size_t(at - attempt.subjects.begin())] = {failures, true};
        if (is_believable(wait_until, now))
            history.wait_s = std::max(history.wait_s, seconds_until(wait_until, now));
    }
    co_return history;
}

constexpr db::Sql introduce_sql{
    "accounts.introduce",
    "INSERT INTO login_failures (subject, failures, last_at, wait_until) VALUES ($1, 0, $2, $3) "
    "ON CONFLICT (subject) DO UPDATE SET failures = 0, last_at = $2, wait_until = $3 "
    "WHERE login_failures.last_at < $4"
};

Async<int> Failures::introduce(db::Session& db, const Attempt& attempt, Instant now) const {
    const Instant until = now + flood_wait;
    const std::string& key = attempt.subjects.front().key;
    co_await db.send(introduce_sql, key, now, until, now - forget_after);
    co_return int(flood_wait.count());
}

// While failures are free, attempts may run beside each other; after that one ends each wait.
constexpr db::Sql charge_sql{
    "accounts.charge",
    "UPDATE login_failures SET failures = failures + 1, last_at = $2, "
    "wait_until = CASE WHEN failures < $3 THEN 0 ELSE CAST($4 AS BIGINT) END "
    "WHERE subject = $1 AND (wait_until <= $2 OR wait_until > $5)"
};

Async<bool> Failures::charge(
    db::Session& db, const Attempt& attempt, const History& history, Instant now
) const {
    for (std::size_t i = 0; i < attempt.subjects.size(); ++i) {
        const auto& [key, allowance] = attempt.subjects[i];
        const auto& [failures, is_live] = history.counts[i];
        if (!is_live) continue;
        // At least a second: another attempt may have used the last free one meanwhile.
        const seconds wait =
            std::max(wait_after(failures + 1, allowance, history.is_flooded), seconds(1));
        const std::int64_t free = free_of(allowance, history.is_flooded);
        if (co_await db.execute(charge_sql, key, now, free, now + wait, now + wait_max) == 0)
            co_return false;
    }
    co_return true;
}

// Failures at the same time are all counted; the time to wait follows from the count.
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

Async<void> Failures::count(
    db::Session& db, const Attempt& attempt, const History& history, Instant now
) const {
    for (std::size_t i = 0; i < attempt.subjects.size(); ++i) {
        const auto& [key, allowance] = attempt.subjects[i];
        if (history.counts[i].is_live) continue;
        const auto row = co_await db.one<Counted>(count_failure_sql, key, now, now - forget_after);
        const seconds wait = wait_after(row ? row->failures : 1, allowance, history.is_flooded);
        if (wait.count() > 0) co_await db.send(delay_login_sql, key, now + wait);
    }
    if (attempt.name)
        co_await db.one<Counted>(count_failure_sql, *attempt.name, now, now - forget_after);
}

constexpr db::Sql forget_failures_sql{
    "accounts.forget_failures", "DELETE FROM login_failures WHERE subject = $1"
};

Async<void> Failures::forget(db::Session& db, const Attempt& attempt) const {
    for (const auto& subject : attempt.subjects) co_await db.send(forget_failures_sql, subject.key);
}

}  // namespace zoetrope::accounts
