// Conditional and range requests (RFC 9110 sections 13 and 14).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/http/response.hpp"

namespace zoetrope::http {

struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t bytes = 0;
};

// One range of a body of `size` bytes; nullopt when the header is absent, is not in bytes, or asks
// for several (the whole is then answered, which is allowed). Errors: range, when nothing of it
// exists.
Result<std::optional<ByteRange>> parse_range(std::string_view header, std::uint64_t size);
std::string content_range(const ByteRange& range, std::uint64_t size);
// Whether an If-None-Match value names `etag` (weak comparison) or is `*`.
bool matches_etag(std::string_view if_none_match, std::string_view etag);

}  // namespace zoetrope::http
