#pragma once

#include "features/library/library.hpp"

namespace zoetrope::library {

inline constexpr std::size_t piece_bytes = 256 * 1024;  // read at a time

struct ContentOptions {
    bool download = false;
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(ContentOptions, (), (download))

// The bytes of an asset as a response: 200, 206 for one range (RFC 9110 section 14), 304, 416.
Async<Result<http::Response>> serve_content(
    blobs::Blobs& blobs, const Asset& asset, bool download, const http::Request& request
);

}  // namespace zoetrope::library
