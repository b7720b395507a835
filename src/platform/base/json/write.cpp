#include "platform/base/json/write.hpp"

#include <array>

namespace zoetrope::json {

namespace {

// 0: as it is; otherwise the letter after the backslash, 'u' for the six-character form.
constexpr std::array<char, 256> escapes = [] {
    std::array<char, 256> table{};
    for (std::size_t c = 0; c < 0x20; ++c) table[c] = 'u';
    table['"'] = '"';
    table['\\'] = '\\';
    table['\b'] = 'b';
    table['\f'] = 'f';
    table['\n'] = 'n';
    table['\r'] = 'r';
    table['\t'] = 't';
    return table;
}();

// Nearly all texts are plain. The loop never ends early, so that it takes sixteen bytes at a time.
bool is_plain(std::string_view text) {
    unsigned char found = 0;
    for (const char each : text) {
        const auto byte = static_cast<unsigned char>(each);
        found |= static_cast<unsigned char>((byte < 0x20) | (byte == '"') | (byte == '\\'));
    }
    return found == 0;
}

}  // namespace

void write_string(std::string& out, std::string_view text) {
    if (is_plain(text)) {
        ((out += '"') += text) += '"';
        return;
    }
    out += '"';
    std::size_t plain = 0;  // start of the run not yet copied
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const char escape = escapes[byte];
        if (escape == 0) continue;
        out.append(text, plain, i - plain);
        plain = i + 1;
        out += '\\';
        out += escape;
        if (escape == 'u') {
            static constexpr char hex[] = "0123456789abcdef";
            out += "00";
            out += hex[byte >> 4];
            out += hex[byte & 15];
        }
    }
    out.append(text, plain);
    out += '"';
}

}  // namespace zoetrope::json
