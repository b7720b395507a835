// What the JSON reader, the JSON writer and the schema maker need to know about a C++ type.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "platform/base/ids.hpp"

namespace zoetrope::json {

namespace describe = boost::describe;

template <class T>
using Members = describe::describe_members<T, describe::mod_any_access | describe::mod_inherited>;

template <class T>
concept Described = describe::has_describe_members<T>::value && !std::is_union_v<T>;

template <class T>
concept DescribedEnum = describe::has_describe_enumerators<T>::value;

template <class T, template <class...> class Of>
inline constexpr bool is_a = false;
template <template <class...> class Of, class... Args>
inline constexpr bool is_a<Of<Args...>, Of> = true;

// The enumerator of that name. (Boost's own takes a C string: "red\0x" would be red.)
template <DescribedEnum E>
bool enum_from_text(std::string_view name, E& to) {
    bool found = false;
    boost::mp11::mp_for_each<describe::describe_enumerators<E>>([&](auto enumerator) {
        if (name != enumerator.name) return;
        to = enumerator.value;
        found = true;
    });
    return found;
}

template <class T>
concept Optional = is_a<T, std::optional>;
template <class T>
concept List = is_a<T, std::vector>;
template <class T>
concept Dictionary = is_a<T, std::map> && std::is_same_v<typename T::key_type, std::string>;
template <class T>
concept TextId = is_a<T, Id>;
template <class T>
concept NumberId = is_a<T, RowId>;

// A struct with `static constexpr bool keep_defaults = true` may leave keys out: the member keeps
// its initial value.
template <class T>
concept KeepsDefaults = requires { requires T::keep_defaults; };

// A field of a partial update: absent leaves the value alone. null is a value only when T takes it.
template <class T>
struct Change {
    std::optional<T> value;
    explicit operator bool() const { return value.has_value(); }
    const T& operator*() const { return *value; }
    T& operator*() { return *value; }
};

// JSON text that is already rendered; written as it is. Kept as TEXT in the database.
struct Raw {
    std::string text = "null";
    bool operator==(const Raw&) const = default;
};

}  // namespace zoetrope::json
