// Values against a compiled schema: the type first, so that every later keyword meets its own.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>

#include "platform/base/ids.hpp"
#include "platform/base/text.hpp"
#include "platform/base/time.hpp"
#include "platform/json_schema/check.hpp"

namespace zoetrope::json_schema {

namespace {

namespace bj = boost::json;

std::uint8_t type_of(const bj::value& value) {
    switch (value.kind()) {
        case bj::kind::null:
            return type_null;
        case bj::kind::bool_:
            return type_boolean;
        case bj::kind::int64:
        case bj::kind::uint64:
            return type_integer | type_number;
        case bj::kind::double_:
            return value.get_double() == std::trunc(value.get_double()) ? type_integer | type_number
                                                                        : type_number;
        case bj::kind::string:
            return type_string;
        case bj::kind::array:
            return type_array;
        case bj::kind::object:
            return type_object;
    }
    return 0;
}

// ` from 2 to 10`
std::string range_text(const Node& node) {
    std::string out;
    const auto add = [&out](std::string_view words, const std::optional<Bound>& bound) {
        if (!bound) return;
        out.append(out.empty() ? " " : " and ").append(words).append(" ").append(bound->text);
    };
    if (node.minimum && node.maximum) {
        out = " from " + node.minimum->text + " to " + node.maximum->text;
    } else {
        add("from", node.minimum);
        add("up to", node.maximum);
    }
    add("above", node.above);
    add("below", node.below);
    return out;
}

// `must be a number from 2 to 10`
std::string expectation(const Node& node) {
    constexpr std::pair<Type, std::string_view> words[] = {
        {type_number, "a number"},
        {type_integer, "a whole number"},
        {type_string, "text"},
        {type_boolean, "true or false"},
        {type_array, "a list"},
        {type_object, "an object"},
        {type_null, "null"}
    };
    std::string out;
    for (const auto& [type, word] : words) {
        if (!(node.types & type) || (type == type_integer && (node.types & type_number))) continue;
        out.append(out.empty() ? "must be " : " or ").append(word);
        if (type == type_number || type == type_integer) out += range_text(node);
    }
    return out.empty() ? "must be a number" + range_text(node) : out;
}

std::string count_text(
    std::optional<std::size_t> from, std::optional<std::size_t> to, std::string_view of
) {
    std::string out = "must have ";
    if (from && to) {
        out += std::to_string(*from) + " to " + std::to_string(*to);
    } else {
        out += from ? "at least " + std::to_string(*from) : "at most " + std::to_string(*to);
    }
    return out.append(" ").append(of);
}

bool is_within(std::size_t count, std::optional<std::size_t> from, std::optional<std::size_t> to) {
    return count >= from.value_or(0) && count <= to.value_or(count);
}

long double exactly(const bj::value& number) {
    if (const auto* whole = number.if_int64()) return *whole;
    if (const auto* whole = number.if_uint64()) return *whole;
    return number.get_double();
}

// Each of these answers what is wrong with a value of its own type; empty: nothing.

std::string number_fault(const Node& node, const bj::value& value) {
    const long double exact = exactly(value);
    const bool fits = !(node.minimum && exact < node.minimum->value) &&
                      !(node.maximum && exact > node.maximum->value) &&
                      !(node.above && exact <= node.above->value) &&
                      !(node.below && exact >= node.below->value);
    if (!fits) return expectation(node);
    if (node.multiple_of && !is_multiple(value, *node.multiple_of))
        return "must be a multiple of " + canonical(*node.multiple_of);
    return {};
}

std::string text_fault(const Node& node, std::string_view text) {
    if ((node.length_min || node.length_max) &&
        !is_within(code_points(text), node.length_min, node.length_max))
        return count_text(node.length_min, node.length_max, "characters");
    if (node.format == Format::uuid && !Uuid::parse(text)) return "must be a UUID";
    if (node.format == Format::date_time && !parse_instant(text))
        return "must be an RFC 3339 time such as 2026-01-31T09:00:00Z";
    return {};
}

std::string list_fault(const Node& node, const bj::array& list) {
    if (!is_within(list.size(), node.items_min, node.items_max))
        return count_text(node.items_min, node.items_max, "items");
    if (!node.unique_items) return {};
    std::vector<std::string> texts;
    texts.reserve(list.size());
    for (const bj::value& item : list) texts.push_back(canonical(item));
    std::ranges::sort(texts);
    return std::ranges::adjacent_find(texts) == texts.end() ? "" : "must not have an item twice";
}

void check_members(const Node& node, const bj::object& object, const json::Path& at, Check& check) {
    json::Problems& problems = check.problems;
    check.steps += node.required.size() + node.properties.size();
    for (const std::string& name : node.required) {
        if (!object.contains(name))
            problems.add(json::Path{.parent = &at, .key = name}, "is required");
    }
    for (const Property& property : node.properties) {
        const json::Path below{.parent = &at, .key = property.name};
        if (const auto* value = object.if_contains(property.name))
            check_node(property.node, *value, below, check);
    }
    if (node.additional) return;
    for (const auto& [name, value] : object) {
        if (!std::ranges::binary_search(node.names, std::string_view(name)))
            problems.add(json::Path{.parent = &at, .key = name}, "is not known here; leave it out");
    }
}

std::string fault(const Node& node, const bj::value& value) {
    const std::uint8_t type = type_of(value);
    if (node.types != 0 && !(node.types & type))
        return expectation(node) + ", not " + json::detail::kind_name(value);
    if (node.has_choices && !std::ranges::binary_search(node.choices, canonical(value)))
        return "must be one of: " + node.choices_text;
    if (type & type_number) return number_fault(node, value);
    if (const auto* text = value.if_string()) return text_fault(node, {text->data(), text->size()});
    if (const auto* list = value.if_array()) return list_fault(node, *list);
    return {};
}

}  // namespace

void check_node(const Node& node, const bj::value& value, const json::Path& at, Check& check) {
    if (check.is_over) return;
    check.is_over = ++check.steps > steps_max;
    if (check.is_over)
        return check.problems.add(at, "and what follows takes too long to check: send less");
    if (std::string found = fault(node, value); !found.empty())
        return check.problems.add(at, std::move(found));
    if (const auto* object = value.if_object()) check_members(node, *object, at, check);
    const auto* list = value.if_array();
    for (std::size_t i = 0; node.items && list && i < list->size(); ++i)
        check_node(*node.items, (*list)[i], json::Path{.parent = &at, .index = i}, check);
}

void JsonSchema::check(const bj::value& value, const json::Path& at, json::Problems& problems)
    const {
    Check check{problems};
    check_node(root_, value, at, check);
}

}  // namespace zoetrope::json_schema
