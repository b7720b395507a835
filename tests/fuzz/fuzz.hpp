// What the targets share. A target ends the process when something does not hold.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace zoetrope::fuzz {

inline void must(bool holds) {
    if (!holds) std::abort();
}

inline std::string_view as_text(const std::uint8_t* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

// The front of an input: a choice among `count`; 0 when nothing is left.
inline unsigned take_choice(std::string_view& rest, unsigned count) {
    if (rest.empty()) return 0;
    const unsigned chosen = static_cast<unsigned char>(rest.front()) % count;
    rest.remove_prefix(1);
    return chosen;
}

// Up to the next line end, which is dropped.
inline std::string_view take_line(std::string_view& rest) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() == rest.size() ? line.size() : line.size() + 1);
    return line;
}

}  // namespace zoetrope::fuzz
