#include "platform/base/text.hpp"

#include <unicode/brkiter.h>
#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/idna.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>
#include <memory>
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

// The combining marks that a code point is, or falls into (U+0F81 into two); 0 when it begins with
// none.
static std::int32_t marks_in(const icu::Normalizer2& nfc, UChar32 point) {
    if (point < 0 || u_getIntPropertyValue(point, UCHAR_LEAD_CANONICAL_COMBINING_CLASS) == 0)
        return 0;
    icu::UnicodeString parts;
    return nfc.getDecomposition(point, parts) ? parts.countChar32() : 1;
}

// With U+034F behind each 30 combining marks in a row (Stream-Safe Text Format, UAX 15): putting a
// longer run in order takes the square of its length.
static std::string stream_safe(const icu::Normalizer2& nfc, std::string utf8) {
    constexpr int marks_max = 30;
    std::string out;
    std::int32_t copied = 0, at = 0, marks = 0;
    while (at < std::int32_t(utf8.size())) {
        const std::int32_t begin = at;
        UChar32 point = 0;
        U8_NEXT(utf8.data(), at, std::int32_t(utf8.size()), point);
        const std::int32_t more = marks_in(nfc, point);
        marks = more > 0 ? marks + more : 0;
        if (marks <= marks_max) continue;
        out.append(utf8, std::size_t(copied), std::size_t(begin - copied)).append("\xcd\x8f");
        copied = begin;
        marks = more;
    }
    if (copied == 0) return utf8;
    return out.append(utf8, std::size_t(copied));
}

static std::string composed(std::string utf8) {
    UErrorCode error = U_ZERO_ERROR;
    const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(error);
    if (U_FAILURE(error)) return utf8;
    utf8 = stream_safe(*nfc, std::move(utf8));
    const icu::StringPiece text(utf8.data(), int32_t(utf8.size()));
    if (nfc->isNormalizedUTF8(text, error)) return utf8;
    std::string out;
    icu::StringByteSink<std::string> sink(&out, text.size());
    nfc->normalizeUTF8(0, text, sink, nullptr, error);
    return out;
}

std::string fold_for_search(std::string_view utf8) {
    const bool is_ascii = std::ranges::all_of(utf8, [](char c) { return (c & 0x80) == 0; });
    if (is_ascii) return fold_case(utf8);
    std::string out = composed(fold_case(composed(std::string(utf8))));
    constexpr std::string_view dotted = "i\xcc\x87";  // what U+0130 folds to
    if (!out.contains(dotted)) return out;
    std::string plain;
    for (std::size_t at = 0; at < out.size(); ++at) {
        if (plain.ends_with('i') && out.compare(at, 2, dotted.substr(1)) == 0) {
            ++at;
        } else {
            plain += out[at];
        }
    }
    return composed(std::move(plain));  // the i may take the next accent now
}

std::optional<std::string> ascii_host_name(std::string_view utf8) {
    constexpr std::size_t bytes_max = 4 * 253;  // of a name in DNS; a longer one costs its square
    if (utf8.size() > bytes_max) return std::nullopt;
    UErrorCode failed = U_ZERO_ERROR;
    const std::unique_ptr<icu::IDNA> idna(
        icu::IDNA::createUTS46Instance(UIDNA_CHECK_BIDI | UIDNA_NONTRANSITIONAL_TO_ASCII, failed)
    );
    if (U_FAILURE(failed)) return std::nullopt;
    std::string out;
    icu::StringByteSink<std::string> sink(&out);
    icu::IDNAInfo info;
    idna->nameToASCII_UTF8({utf8.data(), int32_t(utf8.size())}, sink, info, failed);
    if (U_FAILURE(failed) || info.hasErrors()) return std::nullopt;
    return out;
}

std::string_view cut_text(std::string_view utf8, TextMax max) {
    if (utf8.size() <= std::min(max.bytes, max.code_points)) return utf8;
    UErrorCode error = U_ZERO_ERROR;
    const std::unique_ptr<icu::BreakIterator> clusters(
        icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), error)
    );
    const std::unique_ptr<UText, decltype(&utext_close)> text(
        utext_openUTF8(nullptr, utf8.data(), int64_t(utf8.size()), &error), &utext_close
    );
    if (U_SUCCESS(error)) clusters->setText(text.get(), error);
    if (U_FAILURE(error)) return {};
    std::size_t kept = 0;
    std::size_t points = 0;
    for (int32_t end = clusters->next(); end != icu::BreakIterator::DONE; end = clusters->next()) {
        points += code_points(utf8.substr(kept, std::size_t(end) - kept));
        if (points > max.code_points || std::size_t(end) > max.bytes) break;
        kept = std::size_t(end);
    }
    return utf8.substr(0, kept);
}

std::string cut_file_name(std::string_view utf8, TextMax max) {
    constexpr std::size_t ending_max = 12;  // longer ones are words behind a dot
    const std::size_t dot = utf8.rfind('.');
    const bool has_ending = dot != utf8.npos && dot > 0 && utf8.size() - dot <= ending_max;
    const std::string_view ending = has_ending ? utf8.substr(dot) : std::string_view();
    const auto less = [&](std::size_t most, std::size_t by) {
        return most == utf8.npos ? most : most - std::min(most, by);
    };
    const TextMax stem{less(max.code_points, code_points(ending)), less(max.bytes, ending.size())};
    return std::string(cut_text(utf8.substr(0, utf8.size() - ending.size()), stem)).append(ending);
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
