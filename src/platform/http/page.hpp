// Pages of a list: 50 rows unless asked, at most 200; one row more is read to know whether a next
// page exists.
#pragma once

#include <charconv>
#include <limits>

#include "platform/base/time.hpp"
#include "platform/http/response.hpp"

namespace zoetrope::http {

inline constexpr std::int64_t page_limit_max = 200;

inline Result<std::int64_t> page_limit(std::int64_t limit) {
    if (limit < 1 || limit > page_limit_max) return invalid("limit", "must be 1 to 200");
    return limit;
}

// Where a page of rows that are ordered by time and number begins: behind this row. Without a
// cursor, before all.
struct RowPlace {
    Instant created_at{std::numeric_limits<std::int64_t>::max()};
    std::int64_t id = std::numeric_limits<std::int64_t>::max();
};

// `1763700000000000-42`
inline std::string write_cursor(const RowPlace& place) {
    return std::to_string(place.created_at.us) + "-" + std::to_string(place.id);
}

inline Result<RowPlace> read_cursor(const std::optional<std::string>& cursor) {
    RowPlace place;
    if (!cursor) return place;
    const char* end = cursor->data() + cursor->size();
    const auto at = std::from_chars(cursor->data(), end, place.created_at.us);
    const bool dash = at.ec == std::errc{} && at.ptr != end && *at.ptr == '-';
    const auto id = dash ? std::from_chars(at.ptr + 1, end, place.id) : at;
    if (!dash || id.ec != std::errc{} || id.ptr != end)
        return invalid("cursor", "must be one that a list answered, unchanged");
    return place;
}

// `rows` were read with limit + 1; `cursor_of` names the last row that is shown.
template <class T, class CursorOf>
Page<T> page_of(std::vector<T> rows, std::int64_t limit, CursorOf cursor_of) {
    Page<T> page{.items = std::move(rows)};
    if (std::ssize(page.items) > limit) {
        page.items.resize(std::size_t(limit));
        page.next_cursor = cursor_of(page.items.back());
    }
    return page;
}

}  // namespace zoetrope::http
