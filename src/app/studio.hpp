// The studio's files, built into the binary. Unknown paths get the page itself: its router knows
// them.
#pragma once

#include <string>
#include <unordered_map>

#include "platform/http/request.hpp"
#include "platform/http/response.hpp"

namespace zoetrope::app {

class Studio {
  public:
    Studio();
    http::Response answer(const http::Request& request) const;

  private:
    struct File {
        std::string_view bytes;
        std::string_view gzipped;  // empty: not worth it
        std::string_view content_type;
        std::string etag;
        bool hashed_name = false;  // its name changes with its bytes, so it may be kept for ever
    };
    std::unordered_map<std::string_view, File> files_;  // by path, with the leading '/'
};

}  // namespace zoetrope::app
