// Described structs to JSON text, appended to a string: no tree in between.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>

#include "platform/base/append_number.hpp"
#include "platform/base/json/traits.hpp"
#include "platform/base/time.hpp"

namespace zoetrope::json {

// Quotes and escapes `text` (RFC 8259 section 7). Bytes that are not UTF-8 are the caller's error;
// they pass unchanged.
void write_string(std::string& out, std::string_view text);

namespace detail {

// `,"name":` as one text, because lists are full of keys.
template <class Member>
struct Key {
    static constexpr std::string_view name = Member::name;
    std::array<char, name.size() + 4> letters{};

    constexpr Key() {
        letters[0] = ',';
        letters[1] = '"';
        std::ranges::copy(name, letters.begin() + 2);
        letters[name.size() + 2] = '"';
        letters[name.size() + 3] = ':';
    }
    constexpr std::string_view text() const { return {letters.data(), letters.size()}; }
};
template <class Member>
inline constexpr Key<Member> key_of;

}  // namespace detail

template <class T>
void write(std::string& out, const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
        out += value ? "true" : "false";
    } else if constexpr (std::is_same_v<T, Raw>) {
        out += value.text;
    } else if constexpr (std::is_integral_v<T>) {
        append_number(out, value);
    } else if constexpr (std::is_floating_point_v<T>) {
        if (!std::isfinite(value)) {
            out += "null";  // JSON has no word for it
        } else {
            append_number(out, value);
        }
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
        write_string(out, value);
    } else if constexpr (TextId<T>) {
        (out += '"').append(value.view()) += '"';
    } else if constexpr (NumberId<T>) {
        write(out, value.value);
    } else if constexpr (std::is_same_v<T, Instant>) {
        out += '"';
        append_text(out, value);
        out += '"';
    } else if constexpr (DescribedEnum<T>) {
        (out += '"').append(describe::enum_to_string(value, "")) += '"';
    } else if constexpr (Optional<T>) {
        if (value) {
            write(out, *value);
        } else {
            out += "null";
        }
    } else if constexpr (List<T>) {
        out += '[';
        bool first = true;
        for (const auto& item : value) {
            if (!first) out += ',';
            first = false;
            write(out, item);
        }
        out += ']';
    } else if constexpr (Dictionary<T>) {
        out += '{';
        bool first = true;
        for (const auto& [key, item] : value) {
            if (!first) out += ',';
            first = false;
            write_string(out, key);
            out += ':';
            write(out, item);
        }
        out += '}';
    } else {
        static_assert(Described<T>, "describe the struct with BOOST_DESCRIBE_STRUCT");
        out += '{';
        bool first = true;
        boost::mp11::mp_for_each<Members<T>>([&](auto member) {
            const std::string_view key = detail::key_of<decltype(member)>.text();
            out += first ? key.substr(1) : key;
            first = false;
            write(out, value.*member.pointer);
        });
        out += '}';
    }
}

template <class T>
std::string to_string(const T& value) {
    std::string out;
    write(out, value);
    return out;
}

}  // namespace zoetrope::json
