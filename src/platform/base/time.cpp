#include "platform/base/time.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace zoetrope {

namespace {

namespace chrono = std::chrono;

struct Civil {
    chrono::year_month_day date;
    chrono::hh_mm_ss<chrono::microseconds> time;
    chrono::weekday weekday;
};

constexpr std::int64_t to_us(chrono::sys_days day) {
    return chrono::microseconds(day.time_since_epoch()).count();
}
// Years 1 to 9999: the text form has four digits.
constexpr std::int64_t first_us = to_us(chrono::year{1} / 1 / 1);
constexpr std::int64_t last_us = to_us(chrono::year{10'000} / 1 / 1) - 1;

// An instant outside the years that can be written counts as the nearest one inside.
Civil civil(Instant at) {
    const chrono::microseconds since_epoch{std::clamp(at.us, first_us, last_us)};
    const chrono::sys_time<chrono::microseconds> point{since_epoch};
    const auto day = chrono::floor<chrono::days>(point);
    return {chrono::year_month_day{day}, chrono::hh_mm_ss{point - day}, chrono::weekday{day}};
}

// Reads exactly `digits` digits at the front of `text` and drops them.
std::optional<int> digits(std::string_view& text, std::size_t count) {
    if (text.size() < count) return std::nullopt;
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + count, value);
    if (error != std::errc{} || end != text.data() + count || text[0] == '-') return std::nullopt;
    text.remove_prefix(count);
    return value;
}

// Letters in either case.
bool drop(std::string_view& text, char expected) {
    if (text.empty()) return false;
    const char given = text[0] >= 'a' && text[0] <= 'z' ? char(text[0] - 'a' + 'A') : text[0];
    if (given != expected) return false;
    text.remove_prefix(1);
    return true;
}

// Digits past the sixth are below our resolution and dropped.
std::optional<int> fraction_us(std::string_view& text) {
    int value = 0;
    int scale = 100'000;
    std::size_t read = 0;
    for (; read < text.size() && text[read] >= '0' && text[read] <= '9'; ++read, scale /= 10) {
        value += (text[read] - '0') * scale;
    }
    if (read == 0) return std::nullopt;
    text.remove_prefix(read);
    return value;
}

std::optional<chrono::minutes> offset(std::string_view& text) {
    if (drop(text, 'Z')) return chrono::minutes{0};
    if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
    const int sign = text[0] == '-' ? -1 : 1;
    text.remove_prefix(1);
    const auto hours = digits(text, 2);
    if (!hours || *hours > 23 || !drop(text, ':')) return std::nullopt;
    const auto minutes = digits(text, 2);
    if (!minutes || *minutes > 59) return std::nullopt;
    return chrono::minutes{sign * (*hours * 60 + *minutes)};
}

}  // namespace

void append_text(std::string& out, Instant at) {
    const Civil when = civil(at);
    char text[32];
    char* end = text;
    // Lists are full of times, and printf takes most of a list's time.
    const auto put = [&end](std::int64_t number, int width) {
        for (int i = width - 1; i >= 0; --i, number /= 10) end[i] = char('0' + number % 10);
        end += width;
    };
    put(int(when.date.year()), 4);
    *end++ = '-';
    put(unsigned(when.date.month()), 2);
    *end++ = '-';
    put(unsigned(when.date.day()), 2);
    *end++ = 'T';
    put(when.time.hours().count(), 2);
    *end++ = ':';
    put(when.time.minutes().count(), 2);
    *end++ = ':';
    put(when.time.seconds().count(), 2);
    if (const auto us = when.time.subseconds().count(); us != 0) {
        *end++ = '.';
        put(us, 6);
    }
    *end++ = 'Z';
    out.append(text, std::size_t(end - text));
}

std::string to_text(Instant at) {
    std::string out;
    append_text(out, at);
    return out;
}

std::optional<Instant> parse_instant(std::string_view text) {
    const auto year = digits(text, 4);
    if (!year || !drop(text, '-')) return std::nullopt;
    const auto month = digits(text, 2);
    if (!month || !drop(text, '-')) return std::nullopt;
    const auto day = digits(text, 2);
    if (!day || !(drop(text, 'T') || drop(text, ' '))) return std::nullopt;
    const auto hour = digits(text, 2);
    if (!hour || !drop(text, ':')) return std::nullopt;
    const auto minute = digits(text, 2);
    if (!minute || !drop(text, ':')) return std::nullopt;
    const auto second = digits(text, 2);
    if (!second) return std::nullopt;
    int us = 0;
    if (drop(text, '.')) {
        const auto read = fraction_us(text);
        if (!read) return std::nullopt;
        us = *read;
    }
    const auto shift = offset(text);
    const chrono::year_month_day date{
        chrono::year{*year}, chrono::month{unsigned(*month)}, chrono::day{unsigned(*day)}
    };
    if (!shift || !text.empty() || !date.ok() || *year < 1 || *hour > 23 || *minute > 59 ||
        *second > 60) {
        return std::nullopt;
    }
    const auto minute_utc =
        chrono::sys_days{date} + chrono::hours{*hour} + chrono::minutes{*minute} - *shift;
    // A leap second (60) ends a day of UTC (RFC 3339 section 5.7). It is folded onto the next
    // second, as POSIX time does.
    const chrono::sys_days day_utc = chrono::floor<chrono::days>(minute_utc);
    if (*second == 60 && minute_utc - day_utc != chrono::hours{23} + chrono::minutes{59})
        return std::nullopt;
    const auto point = minute_utc + chrono::seconds{*second} + chrono::microseconds{us};
    // Our own texts have four digits of a year, and the shift to UTC may leave them.
    const chrono::year_month_day day_of_point{chrono::floor<chrono::days>(point)};
    if (day_of_point.year() < chrono::year{1} || day_of_point.year() > chrono::year{9999})
        return std::nullopt;
    return Instant{chrono::duration_cast<chrono::microseconds>(point.time_since_epoch()).count()};
}

std::string to_http_date(Instant at) {
    static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* months[] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };
    const Civil when = civil(at);
    char text[40];
    const int length = std::snprintf(
        text,
        sizeof text,
        "%s, %02u %s %04d %02d:%02d:%02d GMT",
        days[when.weekday.c_encoding()],
        unsigned(when.date.day()),
        months[unsigned(when.date.month()) - 1],
        int(when.date.year()),
        int(when.time.hours().count()),
        int(when.time.minutes().count()),
        int(when.time.seconds().count())
    );
    return std::string(text, std::size_t(length));
}

Instant SystemClock::now() const {
    return {
        chrono::duration_cast<chrono::microseconds>(chrono::system_clock::now().time_since_epoch())
            .count()
    };
}

}  // namespace zoetrope
