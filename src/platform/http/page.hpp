// Pages of a list: 50 rows unless asked, at most 200; one row more is read to know whether a next
// page exists.
#pragma once

#include "platform/http/response.hpp"

namespace zoetrope::http {

inline constexpr std::int64_t page_limit_max = 200;

inline Result<std::int64_t> page_limit(std::int64_t limit) {
    if (limit < 1 || limit > page_limit_max) return invalid("limit", "must be 1 to 200");
    return limit;
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
