// When something comes again, as cron(8) says it: `30 3 * * mon-fri`. Five fields: minute, hour,
// day of the month, month, day of the week; each `*`, numbers, names (jan, mon), ranges `1-5`,
// lists `1,3` and steps `*/15`. When both days are given, either will do. Also @hourly, @daily,
// @weekly,
// @monthly, @yearly. In UTC: no hour is there twice, and none is left out.
#pragma once

#include <bitset>
#include <string_view>

#include "platform/base/result.hpp"
#include "platform/base/time.hpp"

namespace zoetrope::queue {

class Cron {
  public:
    // Errors: invalid naming `cron`, for what cannot be read and for what never comes (30 feb).
    static Result<Cron> read(std::string_view text);

    // The first minute behind that instant; the end of time when there is none in forty years.
    Instant next_after(Instant from) const;

  private:
    Cron() = default;
    std::optional<Instant> find_after(Instant from) const;
    bool has_day(std::chrono::year_month_day day) const;

    std::bitset<60> minutes_;
    std::bitset<24> hours_;
    std::bitset<32> days_;     // 1..31
    std::bitset<13> months_;   // 1..12
    std::bitset<7> weekdays_;  // 0: Sunday
    bool either_day_ = false;  // both kinds of days are given
};

}  // namespace zoetrope::queue
