// The database's own plan of a statement that was slow, in the log: only when the operator asked
// for plans, because asking costs a statement.
#include <map>
#include <mutex>

#include "platform/db/session.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::db {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::minutes pause{1};  // between two plans of one statement

// Statements are cached by name and text, so both must stay.
struct Explained {
    std::string name, text;
    Clock::time_point due{};
};

// Nothing when its plan was logged just now.
std::optional<Sql> explained(const Sql& sql, Dialect dialect) {
    static std::mutex mutex;
    static std::map<std::string, Explained, std::less<>> all;
    const bool postgres = dialect == Dialect::postgres;
    const std::lock_guard lock(mutex);
    auto [at, is_new] = all.try_emplace(std::string(sql.name));
    Explained& known = at->second;
    if (is_new) {
        known.name = "db.plan." + at->first;
        known.text = postgres ? "EXPLAIN " : "EXPLAIN QUERY PLAN ";
        known.text += postgres && !sql.postgres.empty() ? sql.postgres : sql.text;
    } else if (Clock::now() < known.due) {
        return std::nullopt;
    }
    known.due = Clock::now() + pause;
    return Sql{.name = known.name, .text = known.text};
}

// One line for each step; the text is the last column on both databases.
void log_plan(std::string_view name, const Rows& plan) {
    for (std::size_t row = 0; row < plan.size(); ++row)
        if (const auto* text = std::get_if<std::string>(&plan.at(row, plan.columns.size() - 1)))
            telemetry::warn("plan of {}: {}", name, *text);
}

}  // namespace

Async<Rows> Session::run_and_explain(const Sql& sql, std::vector<Value> params) {
    std::vector<Value> again = params;
    const auto begun = Clock::now();
    Rows rows = co_await perform(sql, std::move(params), Timed(sql.name));
    if (!is_slow(Clock::now() - begun)) co_return rows;
    if (const auto asking = explained(sql, dialect())) {
        try {
            const Rows plan = co_await perform(*asking, std::move(again), Timed());
            log_plan(sql.name, plan);
        } catch (const std::exception& error) {
            telemetry::warn("no plan of {}: {}", sql.name, error.what());
        }
    }
    co_return rows;
}

}  // namespace zoetrope::db
