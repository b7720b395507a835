// What statements cost, by name: for /metrics, the slow log, and tests that count statements.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zoetrope::db {

struct StatementTotals {
    static constexpr std::array<std::uint64_t, 8> bounds_us{
        100, 500, 1'000, 5'000, 10'000, 50'000, 100'000, 1'000'000
    };
    std::string name;
    std::uint64_t count = 0;
    std::uint64_t duration_us_sum = 0;
    std::array<std::uint64_t, 9> duration_buckets{};  // the last: longer
};

// Of this process, since its start.
std::vector<StatementTotals> statement_totals();

// Longer statements are named in the log, with the database's plan if that is wanted; zero: none.
void set_slow_statement(std::chrono::microseconds threshold, bool with_plan = false);
bool is_slow(std::chrono::steady_clock::duration took);
bool slow_plans_are_logged();

// Measures one statement, from its making to its end.
class Timed {
  public:
    explicit Timed(std::string_view name) : name_(name) {}
    ~Timed();
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;

  private:
    std::string_view name_;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace zoetrope::db
