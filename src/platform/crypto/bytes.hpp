// Text as the bytes that libsodium takes. Private to the part.
#pragma once

#include <string>
#include <string_view>

namespace zoetrope::crypto {

inline const unsigned char* raw(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* raw(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace zoetrope::crypto
