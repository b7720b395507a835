#include "platform/base/text.hpp"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "platform/base/append_number.hpp"

namespace zoetrope {

std::size_t code_points(std::string_view utf8) {
    std::size_t count = 0;
    for (const char byte : utf8) count += (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
    return count;
}

std::string_view trim_text(std::string_view utf8) {
    int32_t begin = 0;
    int32_t end = int32_t(utf8.size());
    while (begin < end) {
        int32_t next = begin;
        UChar32 point;
        U8_NEXT(utf8.data(), next, end, point);
        if (point < 0 || !u_isUWhiteSpace(point)) break;
        begin = next;
    }
    while (end > begin) {
        int32_t previous = end;
        UChar32 point;
        U8_PREV(utf8.data(), begin, previous, point);
        if (point < 0 || !u_isUWhiteSpace(point)) break;
        end = previous;
    }
    return utf8.substr(std::size_t(begin), std::size_t(end - begin));
}

bool is_utf8(std::string_view text) {
    int32_t at = 0;
    const auto end = int32_t(text.size());
    while (at < end) {
        UChar32 point;
        U8_NEXT(text.data(), at, end, point);
        if (point < 0) return false;
    }
    return true;
}

std::string one_line(std::string_view text) {
    std::string out;
    bool spaced = false;
    int32_t at = 0;
    const auto end = int32_t(text.size());
    while (at < end) {
        const int32_t begin = at;
        UChar32 point;
        U8_NEXT(text.data(), at, end, point);
        const std::string_view piece = text.substr(std::size_t(begin), std::size_t(at - begin));
        if (point >= 0 && u_isUWhiteSpace(point)) {
            spaced = !out.empty();
        } else if (is_printable(std::string(".").append(piece))) {
            if (std::exchange(spaced, false)) out += ' ';
            out += piece;
        }
    }
    return is_printable(out) ? out : std::string();
}

std::string valid_utf8(std::string_view text) {
    std::string out;
    int32_t at = 0;
    const auto end = int32_t(text.size());
    while (at < end) {
        const int32_t begin = at;
        UChar32 point;
        U8_NEXT(text.data(), at, end, point);
        if (point < 0) {
            out += "\xef\xbf\xbd";
        } else {
            out.append(text, std::size_t(begin), std::size_t(at - begin));
        }
    }
    return out;
}

namespace {

// Whether it shows itself, and changes nothing about how the rest is shown.
bool is_shown(UChar32 point) {
    constexpr std::uint32_t refused = U_GC_CC_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK | U_GC_CS_MASK;
    return (U_GET_GC_MASK(point) & refused) == 0 && !U_IS_UNICODE_NONCHAR(point) &&
           !u_hasBinaryProperty(point, UCHAR_BIDI_CONTROL);
}

}  // namespace

std::string escaped_line(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    int32_t at = 0;
    const auto end = int32_t(text.size());
    while (at < end) {
        const int32_t begin = at;
        UChar32 point;
        U8_NEXT(text.data(), at, end, point);
        if (point < 0) {
            for (const char byte : text.substr(std::size_t(begin), std::size_t(at - begin)))
                append_number(out += "\\x", unsigned(static_cast<unsigned char>(byte)), 16);
        } else if (is_shown(point)) {
            out.append(text, std::size_t(begin), std::size_t(at - begin));
        } else if (point == '\n') {
            out += "\\n";
        } else {
            append_number(out += "\\u{", point, 16);
            out += '}';
        }
    }
    return out;
}

bool is_printable(std::string_view utf8) {
    // Most text is ASCII, of which the visible part is one range.
    const auto is_plain = [](char c) { return c >= ' ' && c <= '~'; };
    if (std::ranges::all_of(utf8, is_plain))
        return utf8.empty() || utf8.find_first_not_of(' ') != utf8.npos;
    bool visible = utf8.empty();
    int32_t at = 0;
    const auto end = int32_t(utf8.size());
    while (at < end) {
        UChar32 point;
        U8_NEXT(utf8.data(), at, end, point);
        if (point < 0 || !is_shown(point)) return false;
        visible = visible || !(u_isUWhiteSpace(point) ||
                               u_hasBinaryProperty(point, UCHAR_DEFAULT_IGNORABLE_CODE_POINT));
    }
    return visible;
}

std::string fold_case(std::string_view utf8) {
    // Most text is ASCII, and ICU's answer for that the lower case. No loop here ends early, so
    // that they take many bytes at once.
    unsigned all = 0;
    for (const char c : utf8) all |= static_cast<unsigned char>(c);
    if (all < 0x80) {
        std::string out(utf8);
        for (char& c : out) c = char(c + (c >= 'A' && c <= 'Z' ? 'a' - 'A' : 0));
        return out;
    }
    std::string out;
    icu::StringByteSink<std::string> sink(&out, int32_t(utf8.size()));
    UErrorCode error = U_ZERO_ERROR;
    icu::CaseMap::utf8Fold(
        0, icu::StringPiece(utf8.data(), int32_t(utf8.size())), sink, nullptr, error
    );
    return out;
}

}  // namespace zoetrope
