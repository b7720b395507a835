#include "platform/queue/cron.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <vector>

#include "platform/base/text.hpp"

namespace zoetrope::queue {

namespace {

using namespace std::chrono;

struct Field {
    std::string_view name;
    int least;
    int most;
    std::vector<std::string_view> words;  // for `least` and what follows
};

const std::array<Field, 5>& fields() {
    static const std::array<Field, 5> all{
        {{"minute", 0, 59, {}},
         {"hour", 0, 23, {}},
         {"day of the month", 1, 31, {}},
         {"month",
          1,
          12,
          {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
         {"day of the week", 0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}}}
    };
    return all;
}

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> out;
    while (true) {
        const std::size_t end = text.find(at);
        out.push_back(text.substr(0, end));
        if (end == text.npos) return out;
        text.remove_prefix(end + 1);
    }
}

std::optional<int> number(std::string_view text) {
    int out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return out;
}

std::optional<int> value(std::string_view text, const Field& field) {
    const auto word = std::ranges::find(field.words, text);
    if (word != field.words.end()) return field.least + int(word - field.words.begin());
    const auto plain = number(text);
    return plain && *plain >= field.least && *plain <= field.most ? plain : std::nullopt;
}

// `*`, `5`, `1-5`, each with `/2` behind it: every second of them. `set(n)` for each. Whether it
// can be read.
template <class Set>
bool read_part(std::string_view text, const Field& field, Set set) {
    const std::size_t slash = text.find('/');
    const auto step = slash == text.npos ? 1 : number(text.substr(slash + 1)).value_or(0);
    const std::string_view range = text.substr(0, slash);
    const std::size_t dash = range.find('-');
    auto from = range == "*" ? field.least : value(range.substr(0, dash), field);
    auto to = range == "*" ? field.most : from;
    if (dash != range.npos) {
        to = value(range.substr(dash + 1), field);
    } else if (slash != text.npos) {
        to = field.most;
    }
    if (!from || !to || *from > *to || step < 1 || step > field.most) return false;
    for (int at = *from; at <= *to; at += step) set(at);
    return true;
}

std::string_view spelled_out(std::string_view text) {
    if (text == "@hourly") return "0 * * * *";
    if (text == "@daily" || text == "@midnight") return "0 0 * * *";
    if (text == "@weekly") return "0 0 * * 0";
    if (text == "@monthly") return "0 0 1 * *";
    if (text == "@yearly" || text == "@annually") return "0 0 1 1 *";
    return text;
}

}  // namespace

Result<Cron> Cron::read(std::string_view text) {
    std::string folded = fold_case(trim_text(text));
    std::ranges::replace(folded, '\t', ' ');  // as crontab takes both
    auto parts = split(spelled_out(folded), ' ');
    std::erase(parts, std::string_view{});
    if (parts.size() != fields().size()) {
        return invalid(
            "cron",
            "must have five fields, such as `30 3 * * mon`: minute, hour, day of the month, month, "
            "day of the week"
        );
    }
    Cron cron;
    const auto set = [&cron](std::size_t field, int at) {
        if (field == 0) cron.minutes_.set(std::size_t(at));
        if (field == 1) cron.hours_.set(std::size_t(at));
        if (field == 2) cron.days_.set(std::size_t(at));
        if (field == 3) cron.months_.set(std::size_t(at));
        if (field == 4) cron.weekdays_.set(std::size_t(at % 7));  // 7: Sunday as well
    };
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const Field& field = fields()[i];
        for (const std::string_view part : split(parts[i], ',')) {
            if (!read_part(part, field, [&](int at) { set(i, at); })) {
                return invalid(
                    "cron",
                    "has '" + std::string(part) + "' for the " + std::string(field.name) +
                        ", which is " + std::to_string(field.least) + " to " +
                        std::to_string(field.most) + (field.words.empty() ? "" : ", or a name")
                );
            }
        }
    }
    cron.either_day_ = !parts[2].starts_with('*') && !parts[4].starts_with('*');
    if (!cron.find_after(Instant{})) return invalid("cron", "names a day that never comes");
    return cron;
}

bool Cron::has_day(year_month_day day) const {
    if (!months_.test(unsigned(day.month()))) return false;
    const bool in_month = days_.test(unsigned(day.day()));
    const bool in_week = weekdays_.test(weekday(sys_days(day)).c_encoding());
    return either_day_ ? in_month || in_week : in_month && in_week;
}

std::optional<Instant> Cron::find_after(Instant from) const {
    // 29 feb of a given day of the week comes after 40 years at most, over a year such as 2100.
    constexpr int days_max = 366 * 41;
    const sys_time<microseconds> behind{microseconds(from.us)};
    const auto first = floor<minutes>(behind) + minutes(1);
    for (auto day = floor<days>(first); day < floor<days>(first) + days(days_max); day += days(1)) {
        if (!has_day(year_month_day(day))) continue;
        for (int hour = 0; hour < 24; ++hour) {
            if (!hours_.test(std::size_t(hour))) continue;
            for (int minute = 0; minute < 60; ++minute) {
                const sys_time<minutes> at = day + hours(hour) + minutes(minute);
                if (minutes_.test(std::size_t(minute)) && at >= first)
                    return Instant{microseconds(at.time_since_epoch()).count()};
            }
        }
    }
    return std::nullopt;
}

Instant Cron::next_after(Instant from) const {
    return find_after(from).value_or(Instant{std::numeric_limits<std::int64_t>::max()});
}

}  // namespace zoetrope::queue
