// JSON Schemas from strangers: what a model takes, as its author describes it.
//
// Accepts a closed subset of JSON Schema 2020-12: type, enum, const, minimum, maximum,
// exclusiveMinimum, exclusiveMaximum, multipleOf, minLength, maxLength, format, items, minItems,
// maxItems, uniqueItems, properties, required, additionalProperties (true or false), default,
// title, description and x-asset. Every other keyword is refused by name, so no schema means less
// here than its author thinks. There is no reference, no regular expression and no combination of
// schemas: checking a value visits each part of it once, and takes time linear in its size.
//
// An importer of foreign schemas (anyOf, $ref) lowers them into this subset before compile() sees
// them, and lists what it dropped.
//
// A check ends after a bounded number of steps, with a fault that says so.
//
// A compiled schema never changes, so all threads may share one.
#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/json/read.hpp"
#include "platform/base/result.hpp"

namespace zoetrope::json_schema {

// Limits of a schema, far above any form that a person fills in.
inline constexpr std::size_t schema_bytes_max = 64 * 1024;
inline constexpr std::size_t nodes_max = 500;  // a schema and all schemas in it
inline constexpr std::size_t depth_max = 8;    // of schemas in schemas
inline constexpr std::size_t enum_max = 500;
inline constexpr std::size_t name_bytes_max = 128;    // of a property
inline constexpr std::size_t text_bytes_max = 4000;   // of a title or description
inline constexpr std::size_t unique_items_max = 500;  // `maxItems` that uniqueItems needs

// Bits of a set. A whole number is of both numeric types.
enum Type : std::uint8_t {
    type_null = 1,
    type_boolean = 2,
    type_integer = 4,
    type_number = 8,
    type_string = 16,
    type_array = 32,
    type_object = 64,
};

enum class Format : std::uint8_t { none, uuid, date_time };

struct Bound {
    long double value = 0;  // holds each of JSON's integers and doubles exactly (64 bits or more)
    std::string text;       // as messages show it
};

struct Property;

// One schema. Absent keywords constrain nothing, and each applies only to values of its own type.
struct Node {
    std::uint8_t types = 0;  // 0: any
    bool has_choices = false;
    std::vector<std::string> choices;  // of enum or const, as canonical(), sorted
    std::string choices_text;          // `orbit, push`
    std::optional<Bound> minimum, maximum, above, below;
    std::optional<boost::json::value> multiple_of;
    std::optional<std::size_t> length_min, length_max;  // code points
    Format format{};
    std::unique_ptr<Node> items;
    std::optional<std::size_t> items_min, items_max;
    bool unique_items = false;
    std::vector<Property> properties;  // in the schema's order
    std::vector<std::string> names;    // of the properties, sorted
    std::vector<std::string> required;
    bool additional = true;  // whether properties without a schema are accepted
    std::optional<boost::json::value> initial;
    std::string asset;  // x-asset: the kind of asset whose id this is; empty: none
};

struct Property {
    std::string name;
    Node node;
};

class JsonSchema {
  public:
    // Errors: malformed (not JSON, nested too deeply); invalid with a FieldError for each keyword
    // that is off, by its path in the schema (`properties.size.multipleOf`).
    static Result<JsonSchema> compile(std::string_view text);

    const Node& root() const { return root_; }
    // Adds one problem for each part of `value` that does not fit; `at` is the path of `value`.
    void check(const boost::json::value& value, const json::Path& at, json::Problems& problems)
        const;

  private:
    Node root_;
};

// Text that is the same for values that JSON Schema calls equal (1 and 1.0; objects in any order).
std::string canonical(const boost::json::value& value);

// Whether `value` divided by `divisor`, both numbers and `divisor` above 0, is whole: exactly, on
// their shortest decimal texts, because 0.0075 is a multiple of 0.0001 to the person who wrote it.
bool is_multiple(const boost::json::value& value, const boost::json::value& divisor);

}  // namespace zoetrope::json_schema
