// Numbers onto the end of a text.
#pragma once

#include <charconv>
#include <string>

namespace zoetrope {

// `base`: 10 unless it is given; of whole numbers alone.
template <class Number, class... Base>
void append_number(std::string& out, Number number, Base... base) {
    char digits[66];  // of 64 bits, and a sign
    const auto end = std::to_chars(digits, digits + sizeof digits, number, base...).ptr;
    out.append(digits, std::size_t(end - digits));  // append(first, last) is more work
}

}  // namespace zoetrope
