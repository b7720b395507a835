#include "platform/http/range.hpp"

#include <algorithm>
#include <charconv>

#include "platform/http/request.hpp"

namespace zoetrope::http {

namespace {

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

Result<std::optional<ByteRange>> parse_range(std::string_view header, std::uint64_t size) {
    constexpr std::string_view unit = "bytes=";
    if (!header.starts_with(unit) || header.find(',') != header.npos) return std::nullopt;
    header = trim(header.substr(unit.size()));
    const std::size_t dash = header.find('-');
    if (dash == header.npos) return std::nullopt;
    const auto first = number(header.substr(0, dash));
    const auto last = number(header.substr(dash + 1));
    const std::unexpected<Error> outside = failure(
        Code::range, "The range lies outside the file's " + std::to_string(size) + " bytes."
    );
    if (dash == 0) {  // the last n bytes
        if (!last) return std::nullopt;
        if (*last == 0 || size == 0) return outside;
        const std::uint64_t bytes = std::min(*last, size);
        return ByteRange{size - bytes, bytes};
    }
    if (!first || (!last && dash + 1 < header.size()) || (last && *last < *first))
        return std::nullopt;
    if (*first >= size) return outside;
    return ByteRange{*first, std::min(last.value_or(size - 1), size - 1) - *first + 1};
}

std::string content_range(const ByteRange& range, std::uint64_t size) {
    return "bytes " + std::to_string(range.first) + "-" +
           std::to_string(range.first + range.bytes - 1) + "/" + std::to_string(size);
}

bool matches_etag(std::string_view if_none_match, std::string_view etag) {
    while (!if_none_match.empty()) {
        std::string_view item = trim(if_none_match.substr(0, if_none_match.find(',')));
        if_none_match.remove_prefix(std::min(
            if_none_match.size(),
            if_none_match.find(',') == if_none_match.npos ? if_none_match.size()
                                                          : if_none_match.find(',') + 1
        ));
        if (item.starts_with("W/")) item.remove_prefix(2);
        if (item == "*" || item == etag) return true;
    }
    return false;
}

}  // namespace zoetrope::http
