#include "platform/flags/flags.hpp"

#include <algorithm>

namespace zoetrope::flags {

namespace {

constexpr std::string_view prefix = "features.";

struct Row {
    std::string name;
    std::string value;
};
BOOST_DESCRIBE_STRUCT(Row, (), (name, value))

FlagState state_of(const Flag& flag, bool fallback) {
    return {std::string(flag.name()), flag.is_on(), fallback, std::string(flag.sentence())};
}

}  // namespace

constexpr db::Sql load_sql{"flags.load", R"sql(
    SELECT name, value FROM settings WHERE name LIKE 'features.%'
)sql"};

constexpr db::Sql set_sql{"flags.set", R"sql(
    INSERT INTO settings (name, value, changed_at) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at
)sql"};

const Flag& Flags::add(std::string_view name, bool fallback, std::string_view sentence) {
    return flags_.emplace_back(name, fallback, sentence);
}

Async<void> Flags::load(db::Session& db) {
    const auto rows = co_await db.all<Row>(load_sql);
    for (Flag& flag : flags_) {
        const std::string name = std::string(prefix) + std::string(flag.name());
        const auto row = std::ranges::find(rows, name, &Row::name);
        flag.on_ = row == rows.end() ? flag.fallback_ : row->value == "true";
    }
}

Async<Result<FlagState>> Flags::set(db::Session& db, std::string name, bool on, Instant now) {
    const auto flag = std::ranges::find(flags_, name, &Flag::name);
    if (flag == flags_.end()) co_return not_found("There is no such feature flag.");
    co_await db.send(set_sql, std::string(prefix) + name, on ? "true" : "false", now);
    flag->on_ = on;
    co_return state_of(*flag, flag->fallback_);
}

std::vector<FlagState> Flags::all() const {
    std::vector<FlagState> out;
    out.reserve(flags_.size());
    for (const Flag& flag : flags_) out.push_back(state_of(flag, flag.fallback_));
    return out;
}

}  // namespace zoetrope::flags
