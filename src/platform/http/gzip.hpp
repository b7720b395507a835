// Compression of text answers (RFC 1952).
#pragma once

#include <string>
#include <string_view>

namespace zoetrope::http {

std::string gzip(std::string_view text);
// Whether an Accept-Encoding value takes gzip (q=0 means no).
bool accepts_gzip(std::string_view accept_encoding);

}  // namespace zoetrope::http
