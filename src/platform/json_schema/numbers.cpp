// Exact comparisons of JSON values.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "platform/base/json/write.hpp"
#include "platform/json_schema/json_schema.hpp"

namespace zoetrope::json_schema {

namespace {

namespace bj = boost::json;

using Wide = unsigned __int128;

// mantissa * 10^exponent, without the sign.
struct Decimal {
    std::uint64_t mantissa = 0;
    int exponent = 0;
};

Decimal decimal_of(const bj::value& value) {
    if (const auto* whole = value.if_int64())
        return {*whole < 0 ? 0 - std::uint64_t(*whole) : std::uint64_t(*whole), 0};
    if (const auto* whole = value.if_uint64()) return {*whole, 0};
    char text[32];  // `1.7976931348623157e+308`: at most 17 digits, which fit 64 bits
    const auto end =
        std::to_chars(
            text, text + sizeof text, std::abs(value.get_double()), std::chars_format::scientific
        )
            .ptr;
    Decimal out;
    const char* at = text;
    bool is_fraction = false;
    for (; at < end && *at != 'e'; ++at) {
        if (*at == '.') {
            is_fraction = true;
            continue;
        }
        out.mantissa = out.mantissa * 10 + std::uint64_t(*at - '0');
        out.exponent -= is_fraction;
    }
    int power = 0;
    at += at + 1 < end && at[1] == '+' ? 2 : 1;
    std::from_chars(at, end, power);
    out.exponent += power;
    return out;
}

// 10^power modulo `by`, by squaring.
std::uint64_t power_of_ten(unsigned power, std::uint64_t by) {
    Wide result = 1 % by;
    for (Wide base = 10 % by; power > 0; power >>= 1, base = base * base % by)
        if (power & 1) result = result * base % by;
    return std::uint64_t(result);
}

void write_canonical(std::string& out, const bj::value& value) {
    if (const auto* list = value.if_array()) {
        out += '[';
        for (const auto& item : *list) {
            write_canonical(out, item);
            out += ',';
        }
        out += ']';
    } else if (const auto* object = value.if_object()) {
        std::vector<std::pair<std::string_view, const bj::value*>> members;
        members.reserve(object->size());
        for (const auto& member : *object) members.emplace_back(member.key(), &member.value());
        std::ranges::sort(members, {}, [](const auto& member) { return member.first; });
        out += '{';
        for (const auto& [name, member] : members) {
            json::write_string(out, name);
            out += ':';
            write_canonical(out, *member);
            out += ',';
        }
        out += '}';
    } else if (const auto* about = value.if_double();
               about && *about == std::trunc(*about) && std::abs(*about) < 0x1p64) {
        if (*about < 0) {
            *about < -0x1p63 ? json::write_tree(out, value)
                             : json::write_tree(out, bj::value(std::int64_t(*about)));
        } else {
            json::write_tree(out, bj::value(std::uint64_t(*about)));
        }
    } else {
        json::write_tree(out, value);
    }
}

}  // namespace

std::string canonical(const bj::value& value) {
    std::string out;
    write_canonical(out, value);
    return out;
}

bool is_multiple(const bj::value& value, const bj::value& divisor) {
    const Decimal a = decimal_of(value), b = decimal_of(divisor);
    if (a.mantissa == 0) return true;
    const int shift = a.exponent - b.exponent;
    if (shift >= 0) {
        const Wide rest =
            Wide(a.mantissa % b.mantissa) * power_of_ten(unsigned(shift), b.mantissa) % b.mantissa;
        return rest == 0;
    }
    Wide scaled = b.mantissa;  // the divisor in units of the value's last digit
    for (int i = 0; i < -shift; ++i) {
        if (scaled > a.mantissa) return false;
        scaled *= 10;
    }
    return a.mantissa % scaled == 0;
}

}  // namespace zoetrope::json_schema
