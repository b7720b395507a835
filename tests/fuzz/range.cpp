// Range and If-None-Match: a range that is accepted lies within the file, and means the same when
// it is written again.
#include "platform/http/range.hpp"
#include "tests/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    namespace http = zoetrope::http;
    using zoetrope::fuzz::must;
    std::string_view rest = zoetrope::fuzz::as_text(bytes, size);
    std::uint64_t file_bytes = 0;
    for (int i = 0; i < 8; ++i)
        file_bytes = file_bytes << 8 | zoetrope::fuzz::take_choice(rest, 256);
    const auto range = http::parse_range(rest, file_bytes);
    if (range && *range) {
        const std::uint64_t first = (*range)->first, count = (*range)->bytes;
        must(first < file_bytes && count > 0 && count <= file_bytes - first);
        const std::string again = std::to_string(first) + "-" + std::to_string(first + count - 1);
        const auto read = http::parse_range("bytes=" + again, file_bytes);
        must(read && *read && (*read)->first == first && (*read)->bytes == count);
        must(
            http::content_range(**range, file_bytes) ==
            "bytes " + again + "/" + std::to_string(file_bytes)
        );
    }
    constexpr std::string_view etag = "\"e\"";
    if (http::matches_etag(rest, etag)) must(rest.contains(etag) || rest.contains('*'));
    return 0;
}
