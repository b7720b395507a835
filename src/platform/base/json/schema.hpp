// Described types to JSON Schema (2020-12, as OpenAPI 3.1 uses it). Structs become named
// components.
#pragma once

#include <map>
#include <string>

#include "platform/base/json/traits.hpp"
#include "platform/base/json/write.hpp"
#include "platform/base/time.hpp"

namespace zoetrope::json {

class Schemas {
  public:
    // The schema of T, as JSON text; a struct's is a reference, and its definition is kept in
    // `components`.
    template <class T>
    std::string of() {
        if constexpr (std::is_same_v<T, bool>) {
            return R"({"type":"boolean"})";
        } else if constexpr (std::is_same_v<T, Raw>) {
            return R"({"type":"object","additionalProperties":true})";
        } else if constexpr (std::is_integral_v<T> || NumberId<T>) {
            return R"({"type":"integer"})";
        } else if constexpr (std::is_floating_point_v<T>) {
            return R"({"type":"number"})";
        } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
            return R"({"type":"string"})";
        } else if constexpr (TextId<T>) {
            return R"({"type":"string","format":"uuid"})";
        } else if constexpr (std::is_same_v<T, Instant>) {
            return R"({"type":"string","format":"date-time"})";
        } else if constexpr (DescribedEnum<T>) {
            return enumeration<T>();
        } else if constexpr (is_a<T, Change>) {
            return of<std::remove_cvref_t<decltype(*std::declval<T&>())>>();
        } else if constexpr (Optional<T>) {
            return R"({"anyOf":[)" + of<typename T::value_type>() + R"(,{"type":"null"}]})";
        } else if constexpr (List<T>) {
            return R"({"type":"array","items":)" + of<typename T::value_type>() + "}";
        } else if constexpr (Dictionary<T>) {
            return R"({"type":"object","additionalProperties":)" + of<typename T::mapped_type>() +
                   "}";
        } else {
            return object<T>();
        }
    }

    std::map<std::string, std::string> components;

  private:
    template <class T>
    static std::string enumeration() {
        std::string words;
        boost::mp11::mp_for_each<describe::describe_enumerators<T>>([&](auto enumerator) {
            if (!words.empty()) words += ',';
            write_string(words, enumerator.name);
        });
        return R"({"type":"string","enum":[)" + words + "]}";
    }

    template <class T>
    std::string object() {
        const std::string name{T::schema_name};  // each struct that crosses the API says its name
        if (!components.contains(name)) {
            components[name];  // a type that contains itself ends here
            std::string properties;
            std::string required;
            boost::mp11::mp_for_each<Members<T>>([&](auto member) {
                using Field = std::remove_cvref_t<decltype(std::declval<T&>().*member.pointer)>;
                if (!properties.empty()) properties += ',';
                write_string(properties, member.name);
                properties += ':' + of<Field>();
                // What the server answers always has every key; what it accepts may leave optional
                // ones out.
                if (KeepsDefaults<T> || is_a<Field, Change> ||
                    (Optional<Field> && requires { T::is_request; }))
                    return;
                if (!required.empty()) required += ',';
                write_string(required, member.name);
            });
            components[name] = R"({"type":"object","additionalProperties":false,"properties":{)" +
                               properties + R"(},"required":[)" + required + "]}";
        }
        return R"({"$ref":"#/components/schemas/)" + name + R"("})";
    }
};

}  // namespace zoetrope::json
