// Cursors and query strings: what is accepted means the same when it is written and read again.
#include <cstdlib>

#include "platform/http/extract.hpp"
#include "platform/http/page.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    namespace http = zoetrope::http;
    const std::string text(reinterpret_cast<const char*>(bytes), size);
    if (const auto place = http::read_cursor(text)) {
        const auto again = http::read_cursor(http::write_cursor(*place));
        if (!again || again->id != place->id || again->created_at != place->created_at)
            std::abort();
    }
    if (const auto decoded = http::percent_decode(text)) {
        if (http::percent_decode(http::percent_encode(*decoded)) != decoded) std::abort();
    }
    if (const auto items = http::parse_query(text)) {
        std::string query;
        for (const auto& [name, value] : *items)
            query += http::percent_encode(name) + "=" + http::percent_encode(value) + "&";
        // `&` alone stands for nothing, but `=` is a name and a value, both empty.
        const auto again = http::parse_query(query);
        if (!again || *again != *items) std::abort();
    }
    return 0;
}
