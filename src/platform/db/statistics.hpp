// What statements cost, by name: for /metrics, the slow log, and tests that count statements.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
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

// Measures one statement, from its making to its end; without a name it measures nothing.
class Timed {
  public:
    Timed() = default;
    explicit Timed(std::string_view name) : name_(name) {}
    Timed(Timed&& other) noexcept : name_(std::exchange(other.name_, {})), begun_(other.begun_) {}
    Timed& operator=(Timed&&) = delete;
    ~Timed() {
        if (!name_.empty()) count();
    }

  private:
    void count() const;

    std::string_view name_;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace zoetrope::db
