#include "features/library/quota.hpp"

#include <algorithm>

#include "features/library/store.hpp"

namespace zoetrope::library {

namespace {

constexpr std::int64_t mb = 1 << 20;

// Rounded up: what does not fit is never said to be 0 MB.
std::string in_mb(std::int64_t bytes) { return std::to_string((bytes + mb - 1) / mb) + " MB"; }

}  // namespace

Quota::Claim Quota::claim(UserId owner) {
    const std::lock_guard lock(mutex_);
    std::erase_if(arriving_, [](const auto& each) { return each.second.expired(); });
    auto all = arriving_[owner.value].lock();
    if (!all) {
        all = std::make_shared<Arriving>(0);
        arriving_[owner.value] = all;
    }
    return Claim(std::move(all));
}

std::int64_t Quota::arriving(UserId owner) const {
    const std::lock_guard lock(mutex_);
    const auto found = arriving_.find(owner.value);
    const auto all = found == arriving_.end() ? nullptr : found->second.lock();
    return all ? all->load() : 0;
}

Result<void> Quota::check(std::int64_t used, std::int64_t bytes) const {
    if (used <= bytes_max_ && bytes <= bytes_max_ - std::max<std::int64_t>(0, used)) return {};
    return failure(
        Code::over_quota,
        "Your files take " + in_mb(used) + " of the " + in_mb(bytes_max_) +
            " that you may use, and this needs " + in_mb(bytes) +
            " more. Delete files that you no longer need; their space counts until it is free on "
            "the disk, 20 minutes at most. Or ask an administrator to raise `storage-per-user`."
    );
}

constexpr db::Sql used_sql{
    "library.used", "SELECT bytes AS bytes_used FROM storage_used WHERE owner_id = $1"
};

Async<Usage> usage(db::Session& db, const Quota& quota, UserId owner) {
    Usage out = (co_await db.one<Usage>(used_sql, owner)).value_or(Usage{});
    if (quota.bytes_max() != Quota::unlimited) out.bytes_max = quota.bytes_max();
    co_return out;
}

Async<Result<void>> check_quota(
    db::Session& db, const Quota& quota, UserId owner, std::int64_t bytes
) {
    const Usage now = co_await usage(db, quota, owner);
    co_return quota.check(now.bytes_used + quota.arriving(owner), bytes);
}

// Adds to the user's counter only if the sum stays within the quota ($3). Callers check the first
// row, which INSERT does not.
constexpr db::Sql count_sql{"library.count", R"sql(
    INSERT INTO storage_used (owner_id, bytes) VALUES ($1, $2)
    ON CONFLICT (owner_id) DO UPDATE SET bytes = storage_used.bytes + excluded.bytes
    WHERE storage_used.bytes + excluded.bytes <= $3
)sql"};

Async<void> count(db::Session& db, UserId owner, std::int64_t bytes) {
    co_await db.execute(count_sql, owner, bytes, Quota::unlimited);
}

Async<Result<void>> count_within(
    db::Session& db, const Quota& quota, UserId owner, std::int64_t bytes
) {
    CO_CHECK(quota.check(0, bytes));
    if (co_await db.execute(count_sql, owner, bytes, quota.bytes_max()) == 1)
        co_return Result<void>{};
    const Usage now = co_await usage(db, quota, owner);
    co_return quota.check(now.bytes_used, bytes);
}

constexpr db::Sql give_back_sql{
    "library.give_back",
    "UPDATE storage_used SET bytes = CASE WHEN bytes > $2 THEN bytes - $2 ELSE 0 END "
    "WHERE owner_id = $1"
};

Async<void> give_back(db::Session& db, UserId owner, std::int64_t bytes) {
    co_await db.execute(give_back_sql, owner, bytes);
}

}  // namespace zoetrope::library
