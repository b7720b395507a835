// Instants (microseconds UTC in SQL, RFC 3339 in JSON) and the clock they come from.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace zoetrope {

struct Instant {
    std::int64_t us = 0;  // microseconds since 1970-01-01T00:00:00Z
    auto operator<=>(const Instant&) const = default;
};

inline Instant operator+(Instant at, std::chrono::microseconds by) { return {at.us + by.count()}; }
inline Instant operator-(Instant at, std::chrono::microseconds by) { return {at.us - by.count()}; }

// `2026-11-21T03:44:11.123456Z`; the fraction is left out when it is zero.
std::string to_text(Instant at);
void append_text(std::string& out, Instant at);
// RFC 3339 section 5.6 with an offset or Z. nullopt when it is anything else, or out of
// years 1..9999.
std::optional<Instant> parse_instant(std::string_view text);
// `Sat, 21 Nov 2026 03:44:11 GMT` (RFC 9110 section 5.6.7)
std::string to_http_date(Instant at);

class Clock {
  public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;
};

class SystemClock final : public Clock {
  public:
    Instant now() const override;
};

}  // namespace zoetrope
