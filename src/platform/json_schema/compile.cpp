// The schema of the schemas: every keyword's own type and limits, before any value is looked at.
#include <algorithm>
#include <cmath>

#include "platform/json_schema/check.hpp"

namespace zoetrope::json_schema {

namespace {

namespace bj = boost::json;

constexpr std::string_view keywords =
    "type, enum, const, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, "
    "minLength, "
    "maxLength, format, items, minItems, maxItems, uniqueItems, properties, required, "
    "additionalProperties, default, title, description, x-asset";

std::string_view view(const bj::string& text) { return {text.data(), text.size()}; }

std::uint8_t type_named(std::string_view name) {
    if (name == "null") return type_null;
    if (name == "boolean") return type_boolean;
    if (name == "integer") return type_integer;
    if (name == "number") return type_number | type_integer;
    if (name == "string") return type_string;
    if (name == "array") return type_array;
    if (name == "object") return type_object;
    return 0;
}

class Compiler {
  public:
    explicit Compiler(json::Problems& problems) : problems_(problems) {}

    void compile(const bj::value& from, Node& to, const json::Path& at, std::size_t depth) {
        if (++nodes_ > nodes_max) {
            if (nodes_ == nodes_max + 1)
                wrong(
                    at, "is one schema too many: at most " + std::to_string(nodes_max) + " in all"
                );
            return;
        }
        if (depth > depth_max)
            return wrong(at, "lies too deep: at most " + std::to_string(depth_max) + " levels");
        const auto* keywords_given = from.if_object();
        if (!keywords_given) return wrong(at, "must be a schema, which is an object");
        for (const auto& [name, value] : *keywords_given)
            keyword(name, value, to, json::Path{.parent = &at, .key = name}, depth);
        finish(to, at);
    }

  private:
    void wrong(const json::Path& at, std::string message) { problems_.add(at, std::move(message)); }

    void keyword(
        std::string_view name,
        const bj::value& value,
        Node& to,
        const json::Path& at,
        std::size_t depth
    ) {
        if (name == "type") return type(value, to, at);
        if (name == "enum") return choices(value, to, at);
        if (name == "const") return choice(value, to);
        if (name == "minimum") return bound(value, to.minimum, at);
        if (name == "maximum") return bound(value, to.maximum, at);
        if (name == "exclusiveMinimum") return bound(value, to.above, at);
        if (name == "exclusiveMaximum") return bound(value, to.below, at);
        if (name == "multipleOf") return multiple_of(value, to, at);
        if (name == "minLength") return count(value, to.length_min, at);
        if (name == "maxLength") return count(value, to.length_max, at);
        if (name == "format") return format(value, to, at);
        if (name == "items")
            return compile(value, *(to.items = std::make_unique<Node>()), at, depth + 1);
        if (name == "minItems") return count(value, to.items_min, at);
        if (name == "maxItems") return count(value, to.items_max, at);
        if (name == "uniqueItems") return truth(value, to.unique_items, at);
        if (name == "properties") return properties(value, to, at, depth);
        if (name == "required") return required(value, to, at);
        if (name == "additionalProperties") return truth(value, to.additional, at);
        if (name == "default") return void(to.initial.emplace(value, bj::storage_ptr{}));
        if (name == "title" || name == "description") return text(value, nullptr, at);
        if (name == "x-asset") return text(value, &to.asset, at);
        wrong(at, "is not a keyword that is understood here; these are: " + std::string(keywords));
    }

    void type(const bj::value& value, Node& to, const json::Path& at) {
        const auto add = [&](const bj::value& name) {
            const auto* word = name.if_string();
            const std::uint8_t one = word ? type_named(view(*word)) : 0;
            to.types |= one;
            return one != 0;
        };
        bool good = false;
        if (const auto* several = value.if_array()) {
            good = !several->empty() && std::ranges::all_of(*several, add);
        } else {
            good = add(value);
        }
        if (!good)
            wrong(
                at,
                "must be null, boolean, integer, number, string, array or object, or a list of them"
            );
    }

    void choices(const bj::value& value, Node& to, const json::Path& at) {
        const auto* list = value.if_array();
        if (!list || list->empty() || list->size() > enum_max)
            return wrong(at, "must be a list of 1 to " + std::to_string(enum_max) + " values");
        std::vector<std::string> accepted;
        std::string shown;
        for (const bj::value& each : *list) {
            accepted.push_back(canonical(each));
            show(shown, each.is_string() ? view(each.get_string()) : accepted.back());
        }
        choose(to, std::move(accepted), std::move(shown));
    }

    void choice(const bj::value& value, Node& to) {
        std::string shown, only = canonical(value);
        show(shown, only);
        choose(to, {std::move(only)}, std::move(shown));
    }

    // Messages name what fits into a line.
    static void show(std::string& out, std::string_view value) {
        constexpr std::size_t shown_bytes_max = 400;
        constexpr std::string_view more = ", ...";
        if (out.ends_with(more)) return;
        if (out.size() + value.size() > shown_bytes_max) {
            out += more;
        } else {
            out.append(out.empty() ? "" : ", ").append(value);
        }
    }

    // Of `enum` and `const` beside each other both apply.
    static void choose(Node& to, std::vector<std::string> accepted, std::string shown) {
        std::ranges::sort(accepted);
        if (to.has_choices) {
            std::erase_if(accepted, [&](const std::string& each) {
                return !std::ranges::binary_search(to.choices, each);
            });
        }
        to.has_choices = true;
        to.choices = std::move(accepted);
        to.choices_text = std::move(shown);
    }

    void bound(const bj::value& value, std::optional<Bound>& to, const json::Path& at) {
        if (!value.is_number()) return wrong(at, "must be a number");
        Bound made{.text = canonical(value)};
        if (const auto* whole = value.if_int64()) made.value = *whole;
        if (const auto* whole = value.if_uint64()) made.value = *whole;
        if (const auto* about = value.if_double()) made.value = *about;
        to = std::move(made);
    }

    void multiple_of(const bj::value& value, Node& to, const json::Path& at) {
        if (!value.is_number() || !(value.to_number<double>() > 0))
            return wrong(at, "must be a number above 0");
        to.multiple_of.emplace(value, bj::storage_ptr{});
    }

    void count(const bj::value& value, std::optional<std::size_t>& to, const json::Path& at) {
        const auto whole = json::detail::as_int64(value);
        if (!whole || *whole < 0) return wrong(at, "must be a whole number from 0");
        to = std::size_t(*whole);
    }

    void truth(const bj::value& value, bool& to, const json::Path& at) {
        const auto* is = value.if_bool();
        if (!is) return wrong(at, "must be true or false");
        to = *is;
    }

    void format(const bj::value& value, Node& to, const json::Path& at) {
        const auto* word = value.if_string();
        if (word && *word == "uuid") {
            to.format = Format::uuid;
        } else if (word && *word == "date-time") {
            to.format = Format::date_time;
        } else {
            wrong(at, "must be uuid or date-time");
        }
    }

    void text(const bj::value& value, std::string* to, const json::Path& at) {
        const auto* words = value.if_string();
        if (!words || words->size() > text_bytes_max)
            return wrong(
                at, "must be text of at most " + std::to_string(text_bytes_max) + " bytes"
            );
        if (to) *to = view(*words);
    }

    void properties(const bj::value& value, Node& to, const json::Path& at, std::size_t depth) {
        const auto* named = value.if_object();
        if (!named || named->size() > nodes_max)
            return wrong(
                at, "must be an object of at most " + std::to_string(nodes_max) + " schemas"
            );
        to.properties.reserve(named->size());
        for (const auto& [name, schema] : *named) {
            const json::Path below{.parent = &at, .key = name};
            if (name.size() > name_bytes_max)
                return wrong(
                    at, "must have names of at most " + std::to_string(name_bytes_max) + " bytes"
                );
            Property& made =
                to.properties.emplace_back(Property{.name = std::string(std::string_view(name))});
            compile(schema, made.node, below, depth + 1);
            to.names.push_back(made.name);
        }
        std::ranges::sort(to.names);
    }

    void required(const bj::value& value, Node& to, const json::Path& at) {
        const auto* list = value.if_array();
        const auto is_name = [](const bj::value& name) {
            return name.is_string() && name.get_string().size() <= name_bytes_max;
        };
        if (!list || list->size() > nodes_max || !std::ranges::all_of(*list, is_name))
            return wrong(at, "must be a list of property names");
        for (const bj::value& name : *list) to.required.emplace_back(view(name.get_string()));
        std::ranges::sort(to.required);
        if (std::ranges::adjacent_find(to.required) != to.required.end())
            wrong(at, "must name each property once");
    }

    // What keywords mean together.
    void finish(Node& to, const json::Path& at) {
        if (to.unique_items && to.items_max.value_or(unique_items_max + 1) > unique_items_max) {
            wrong(
                json::Path{.parent = &at, .key = "uniqueItems"},
                "needs a maxItems of at most " + std::to_string(unique_items_max) + " beside it"
            );
        }
    }

    json::Problems& problems_;
    std::size_t nodes_ = 0;
};

// Defaults must fit their own schemas: they are filled in unchecked.
void check_defaults(const Node& node, const json::Path& at, Check& check) {
    const json::Path initial{.parent = &at, .key = "default"};
    if (node.initial) check_node(node, *node.initial, initial, check);
    const json::Path properties{.parent = &at, .key = "properties"};
    for (const Property& each : node.properties)
        check_defaults(each.node, json::Path{.parent = &properties, .key = each.name}, check);
    if (node.items) check_defaults(*node.items, json::Path{.parent = &at, .key = "items"}, check);
}

}  // namespace

Result<JsonSchema> JsonSchema::compile(std::string_view text) {
    if (text.size() > schema_bytes_max) {
        return invalid(
            "", "must be a schema of at most " + std::to_string(schema_bytes_max) + " bytes"
        );
    }
    struct Work {
        JsonSchema schema;
        json::Problems problems;
    } work;
    CHECK(json::with_tree(
        text,
        [](const bj::value& tree, void* context) {
            auto& [schema, problems] = *static_cast<Work*>(context);
            Compiler(problems).compile(tree, schema.root_, json::Path{}, 1);
        },
        &work
    ));
    if (work.problems.empty()) {
        Check check{work.problems};
        check_defaults(work.schema.root_, json::Path{}, check);
    }
    if (!work.problems.empty()) return std::unexpected(std::move(work.problems).take());
    return std::move(work.schema);
}

}  // namespace zoetrope::json_schema
