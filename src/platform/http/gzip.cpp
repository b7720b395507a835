#include "platform/http/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <stdexcept>

#include "platform/http/request.hpp"

namespace zoetrope::http {

std::string gzip(std::string_view text) {
    constexpr int gzip_wrapper = 15 + 16;  // zlib.h: window bits, plus 16 for the gzip header
    constexpr int level = 5;               // text gains little above it and pays much
    z_stream stream{};
    if (deflateInit2(&stream, level, Z_DEFLATED, gzip_wrapper, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::bad_alloc();
    std::string out(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = uInt(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = uInt(out.size());
    const int done = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    if (done != Z_STREAM_END) throw std::runtime_error("gzip did not end");
    return out;
}

bool accepts_gzip(std::string_view accept_encoding) {
    while (!accept_encoding.empty()) {
        std::string_view item = accept_encoding.substr(0, accept_encoding.find(','));
        accept_encoding.remove_prefix(std::min(accept_encoding.size(), item.size() + 1));
        const std::size_t semicolon = item.find(';');
        if (!equal_ignoring_case(trim(item.substr(0, semicolon)), "gzip")) continue;
        if (semicolon == std::string_view::npos) return true;
        const std::string_view weight = trim(item.substr(semicolon + 1));
        return weight.find_first_of("123456789") != std::string_view::npos;
    }
    return false;
}

}  // namespace zoetrope::http
