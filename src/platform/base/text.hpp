// Unicode rules that two databases would answer differently, so they are answered here (ICU).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace zoetrope {

// Code points in valid UTF-8.
std::size_t code_points(std::string_view utf8);
// Without leading and trailing Unicode white space.
std::string_view trim_text(std::string_view utf8);
// Whether every byte belongs to valid UTF-8.
bool is_utf8(std::string_view text);
// As one printable line: runs of white space become a space, and what else is_printable() refuses
// is left out. Empty when nothing would be seen.
std::string one_line(std::string_view text);
// With U+FFFD in the place of what is not UTF-8.
std::string valid_utf8(std::string_view text);
// Whether a name or a line of text shows what it says: valid UTF-8 without control characters, line
// separators, bidirectional controls (U+061C, U+200E, U+200F, U+202A..202E, U+2066..2069) and
// noncharacters, and not only white space and zero-width characters. Empty text is printable.
bool is_printable(std::string_view utf8);
// For a log and a terminal: without anything that would end the line, move the cursor or turn the
// text around. Line ends as `\n`, other characters that is_printable() refuses as `\u{1b}`, bytes
// that are not UTF-8 as `\xff`.
std::string escaped_line(std::string_view text);
// Full case folding (Unicode 3.13 toCasefold), for unique keys.
std::string fold_case(std::string_view utf8);
// What a search compares: case folded, composed and decomposed accents alike (NFC), and without the
// dot that folding leaves of a Turkish capital: `istanbul` finds `İstanbul`. Other accents stay.
std::string fold_for_search(std::string_view utf8);
// A host's international name as browsers send it (UTS 46): `xn--...`. Nothing when it is no name.
std::optional<std::string> ascii_host_name(std::string_view utf8);
// As much of the beginning as is at most so long, cut between what readers see as characters
// (grapheme clusters, UAX 29).
struct TextMax {
    std::size_t code_points = std::string_view::npos;
    std::size_t bytes = std::string_view::npos;
};
std::string_view cut_text(std::string_view utf8, TextMax max);
// Cuts a file's name, and keeps its ending: `....jpg`.
std::string cut_file_name(std::string_view utf8, TextMax max);

}  // namespace zoetrope
