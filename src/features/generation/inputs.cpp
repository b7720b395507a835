#include "features/generation/inputs.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#pragma clang diagnostic pop

namespace zoetrope::generation {

namespace {

namespace bj = boost::json;
using valijson::adapters::BoostJsonAdapter;

// What the schema says of one field, as a sentence for the person who filled it in.
std::string expectation(const bj::object& property) {
    if (const auto* words = property.if_contains("enum")) {
        std::string out = "must be one of: ";
        for (const auto& word : words->as_array()) {
            out.append(std::string_view(word.as_string())).append(", ");
        }
        return out.substr(0, out.size() - 2);
    }
    std::string out = "must be a value of type ";
    out.append(std::string_view(property.at("type").as_string()));
    if (property.contains("minimum")) {
        out += ", from " + bj::serialize(property.at("minimum")) + " to " +
               bj::serialize(property.at("maximum"));
    }
    return out;
}

std::unexpected<Error> explain(
    const bj::object& properties, const bj::object& schema, const bj::object& inputs
) {
    Error error{.code = Code::invalid, .message = "The inputs do not fit the model."};
    for (const auto& required : schema.at("required").as_array()) {
        if (!inputs.contains(required.as_string())) {
            error.fields.push_back({"inputs." + std::string(required.as_string()), "is required"});
        }
    }
    for (const auto& [name, value] : inputs) {
        const auto* property = properties.if_contains(name);
        if (!property) {
            error.fields.push_back({"inputs." + std::string(name), "is not an input of this model"}
            );
            continue;
        }
        valijson::Schema one;
        valijson::SchemaParser{}.populateSchema(BoostJsonAdapter(*property), one);
        if (!valijson::Validator{}.validate(one, BoostJsonAdapter(value), nullptr)) {
            error.fields.push_back(
                {"inputs." + std::string(name), expectation(property->as_object())}
            );
        }
    }
    return std::unexpected(std::move(error));
}

}  // namespace

Async<Result<std::shared_ptr<const Model>>> find_model(Deps& deps, std::string id) {
    if (auto found = co_await deps.models.find(id)) co_return found;
    std::string known;
    for (const Model& model : co_await deps.models.list())
        known += (known.empty() ? "" : ", ") + model.id;
    co_return invalid("model", "is not known here; the models are: " + known);
}

std::string remote_queue(std::string_view model, std::string_view region) {
    std::string out = "remote:";
    out += model;
    if (!region.empty()) (out += '@') += region;
    return out;
}

bool is_region(std::string_view text) {
    constexpr std::size_t region_max = 64;
    return !text.empty() && text.size() <= region_max && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

// Of the queues of this house, users' work may wait in all but the one of the house itself.
Result<std::string> chosen_queue(
    const Deps& deps, const Model& model, const NewGeneration& wanted
) {
    if (model.provider == remote_provider) {
        if (wanted.queue) return invalid("queue", "is the model's own; leave it out");
        if (wanted.region && !is_region(*wanted.region))
            return invalid("region", "must be a name such as eu-west-1");
        return remote_queue(model.id, wanted.region.value_or(""));
    }
    if (wanted.region) return invalid("region", "is for models of remote workers; leave it out");
    if (!wanted.queue) return std::string(default_queue);
    std::string known;
    for (const std::string& name : deps.pools.names()) {
        if (name == queue::maintenance) continue;
        if (name == *wanted.queue) return name;
        known += (known.empty() ? "" : ", ") + name;
    }
    return invalid("queue", "must be one of: " + known);
}

namespace {

// Words that would have the validator run regular expressions of theirs over text of users', or
// look elsewhere.
bool is_plain(const bj::value& schema) {
    if (schema.is_array()) return std::ranges::all_of(schema.as_array(), is_plain);
    if (!schema.is_object()) return true;
    return std::ranges::all_of(schema.as_object(), [](const auto& member) {
        const std::string_view key = member.key();
        if (key == "pattern" || key == "patternProperties" || key == "$ref") return false;
        if (key == "format" &&
            (!member.value().is_string() || member.value().as_string() != "uuid"))
            return false;
        if (key != "properties" || !member.value().is_object()) return is_plain(member.value());
        return std::ranges::all_of(member.value().as_object(), [](const auto& named) {
            return is_plain(named.value());  // its name may be any word
        });
    });
}

bool is_input_name(std::string_view name) {
    constexpr std::size_t name_max = 64;
    return !name.empty() && name.size() <= name_max && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
}

// What check_inputs and the studio read of a property.
bool is_readable(const bj::value& property) {
    if (!property.is_object()) return false;
    const bj::object& facts = property.as_object();
    const auto* type = facts.if_contains("type");
    if (!type || !type->is_string() || facts.contains("minimum") != facts.contains("maximum"))
        return false;
    const auto is_text = [](const bj::value& value) { return value.is_string(); };
    if (const auto* words = facts.if_contains("enum");
        words && (!words->is_array() || !std::ranges::all_of(words->as_array(), is_text)))
        return false;
    if (const auto* asset = facts.if_contains("x-asset");
        asset &&
        (!asset->is_string() || type->as_string() != "string" || facts.contains("default")))
        return false;
    const auto* initial = facts.if_contains("default");
    if (!initial) return true;
    valijson::Schema one;
    valijson::SchemaParser{}.populateSchema(BoostJsonAdapter(property), one);
    return valijson::Validator{}.validate(one, BoostJsonAdapter(*initial), nullptr);
}

bool is_usable(const bj::value& schema) {
    if (!schema.is_object() || !is_plain(schema)) return false;
    const auto* properties = schema.as_object().if_contains("properties");
    const auto* required = schema.as_object().if_contains("required");
    if (!properties || !properties->is_object() || !required || !required->is_array()) return false;
    const bj::object& named = properties->as_object();
    for (const auto& name : required->as_array()) {
        if (!name.is_string() || !named.contains(name.as_string())) return false;
    }
    for (const auto& [name, property] : named) {
        if (!is_input_name(name) || !is_readable(property)) return false;
    }
    valijson::Schema compiled;
    valijson::SchemaParser{}.populateSchema(BoostJsonAdapter(schema), compiled);
    return true;
}

}  // namespace

Result<void> check_schema(const json::Raw& text) {
    bool usable = false;
    try {
        bj::error_code error;
        const bj::value schema = bj::parse(text.text, error);
        usable = !error && is_usable(schema);
    } catch (const std::exception&) {
        // as valijson says that it is none
    }
    if (usable) return {};
    return invalid(
        "inputs",
        "must be a JSON Schema of an object with `required` and `properties`: each of these with a "
        "`type` and, if any, a `default` that fits; no pattern, no $ref, no format but uuid"
    );
}

Result<CheckedInputs> check_inputs(const Model& model, const json::Raw& given) {
    const bj::value schema = bj::parse(model.inputs.text);
    bj::value inputs = bj::parse(given.text);
    if (!inputs.is_object()) return invalid("inputs", "must be an object");
    const bj::object& properties = schema.at("properties").as_object();
    valijson::Schema compiled;
    valijson::SchemaParser{}.populateSchema(BoostJsonAdapter(schema), compiled);
    if (!valijson::Validator{}.validate(compiled, BoostJsonAdapter(inputs), nullptr)) {
        return explain(properties, schema.as_object(), inputs.as_object());
    }
    CheckedInputs checked;
    for (const auto& [name, property] : properties) {
        auto& object = inputs.as_object();
        if (const auto* value = property.as_object().if_contains("default");
            value && !object.contains(name)) {
            object[name] = *value;
        }
        const auto* kind = property.as_object().if_contains("x-asset");
        if (!kind || !object.contains(name)) continue;
        const auto id = AssetId::parse(std::string_view(object.at(name).as_string()));
        const std::string field = "inputs." + std::string(name);
        if (!id) return invalid(field, "must be the id of an asset");
        checked.references.push_back({field, *id, std::string(kind->as_string())});
    }
    checked.inputs.text = bj::serialize(inputs);
    return checked;
}

}  // namespace zoetrope::generation
