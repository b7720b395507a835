// SQL values, and their two-way mapping to described structs: a struct's field is the column of the
// same name.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "platform/base/json/traits.hpp"
#include "platform/base/time.hpp"
#include "platform/base/unavailable.hpp"

namespace zoetrope::db {

using Null = std::monostate;
using Value = std::variant<Null, std::int64_t, double, std::string>;

struct Rows {
    std::vector<std::string> columns;
    std::vector<Value> cells;  // row after row: a list of rows would be an allocation for each
    std::int64_t changed = 0;  // rows inserted, updated or deleted
    std::int64_t last_id =
        0;  // on SQLite, after an INSERT: of its last row; quicker than RETURNING
    // The parameters, where another thread used them up: memory is freed quickest by the thread
    // that it came from.
    std::vector<std::vector<Value>> spent;

    std::size_t size() const { return cells.empty() ? 0 : cells.size() / columns.size(); }
    bool empty() const { return cells.empty(); }
    const Value& at(std::size_t row, std::size_t column) const {
        return cells.at(row * columns.size() + column);
    }
};

inline std::vector<std::vector<Value>> one_row(std::vector<Value> params) {
    std::vector<std::vector<Value>> out;
    out.push_back(std::move(params));
    return out;
}

// Throws Refusal for text with U+0000, which PostgreSQL cannot hold; refused on both, so that both
// mean the same.
[[noreturn]] inline void refuse_nul() {
    throw Refusal(failure(Code::invalid, "Text may not contain the character U+0000.").error());
}
inline Value text_value(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) refuse_nul();
    return std::string(text);
}

inline Value text_value(std::string&& text) {
    if (text.find('\0') != std::string::npos) refuse_nul();
    return std::move(text);
}

// Instants are microseconds, enums their words, ids their text, booleans 0 and 1, lists and Raw
// their JSON.
template <class T>
Value to_value(const T& from) {
    if constexpr (json::Optional<T>) {
        return from ? to_value(*from) : Value{Null{}};
    } else if constexpr (std::is_integral_v<T>) {
        return std::int64_t(from);
    } else if constexpr (std::is_floating_point_v<T>) {
        return double(from);
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
        return text_value(std::string_view(from));
    } else if constexpr (json::TextId<T>) {
        return from.str();
    } else if constexpr (json::NumberId<T>) {
        return from.value;
    } else if constexpr (std::is_same_v<T, Instant>) {
        return from.us;
    } else if constexpr (json::DescribedEnum<T>) {
        return std::string(json::describe::enum_to_string(from, ""));
    } else {
        static_assert(std::is_same_v<T, json::Raw>, "no SQL value for this type");
        return text_value(std::string_view(from.text));
    }
}

// A row that does not fit its struct is a defect of ours, never the caller's.
struct Mismatch : std::logic_error {
    using std::logic_error::logic_error;
};

inline Value to_value(std::string&& from) { return text_value(std::move(from)); }

template <class T>
void from_value(Value& from, T& to, std::string_view column) {
    const auto wrong = [&] {
        return Mismatch("column " + std::string(column) + " does not fit its field");
    };
    if constexpr (json::Optional<T>) {
        if (std::holds_alternative<Null>(from)) {
            to.reset();
        } else {
            from_value(from, to.emplace(), column);
        }
    } else if constexpr (std::is_integral_v<T> || json::NumberId<T> || std::is_same_v<T, Instant>) {
        const auto* number = std::get_if<std::int64_t>(&from);
        if (!number) throw wrong();
        if constexpr (json::NumberId<T>) {
            to.value = *number;
        } else if constexpr (std::is_same_v<T, Instant>) {
            to.us = *number;
        } else {
            to = static_cast<T>(*number);
        }
    } else if constexpr (std::is_floating_point_v<T>) {
        if (const auto* number = std::get_if<double>(&from)) {
            to = static_cast<T>(*number);
        } else if (const auto* whole = std::get_if<std::int64_t>(&from)) {
            to = static_cast<T>(*whole);
        } else {
            throw wrong();
        }
    } else {
        auto* text = std::get_if<std::string>(&from);
        if (!text) throw wrong();
        if constexpr (std::is_same_v<T, std::string>) {
            to = std::move(*text);
        } else if constexpr (std::is_same_v<T, json::Raw>) {
            to.text = std::move(*text);
        } else if constexpr (json::TextId<T>) {
            const auto id = T::parse(*text);
            if (!id) throw wrong();
            to = *id;
        } else {
            if (!json::enum_from_text(*text, to)) throw wrong();
        }
    }
}

template <class T>
concept Inner = json::Optional<T> && json::Described<typename T::value_type>;

// Members without a column keep their initial value; columns without a member are a mistake.
template <class T>
std::vector<T> read_rows(Rows from) {
    std::vector<T> out(from.size());
    const std::size_t width = from.columns.size();
    std::size_t used = 0;
    boost::mp11::mp_for_each<json::Members<T>>([&](auto member) {
        using Field = std::remove_cvref_t<decltype(std::declval<T&>().*member.pointer)>;
        for (std::size_t c = 0; c < width; ++c) {
            if (from.columns[c] != member.name) continue;
            ++used;
            // A list is rows of another table, with a statement of their own; so is a struct.
            if constexpr (!json::List<Field> && !Inner<Field>) {
                for (std::size_t r = 0; r < out.size(); ++r) {
                    from_value(from.cells[r * width + c], out[r].*member.pointer, from.columns[c]);
                }
            }
        }
    });
    if (used != width) throw Mismatch("a column has no field in its struct");
    return out;
}

}  // namespace zoetrope::db
