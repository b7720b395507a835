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

Result<const Model*> find_model(std::string_view id) {
    const auto found = std::ranges::find(catalogue(), id, &Model::id);
    if (found != catalogue().end()) return &*found;
    std::string known;
    for (const Model& model : catalogue()) known += (known.empty() ? "" : ", ") + model.id;
    return invalid("model", "is not known here; the models are: " + known);
}

// The queues that users' work may wait in: all but the one of the house itself.
Result<std::string> chosen_queue(const Deps& deps, const NewGeneration& wanted) {
    if (!wanted.queue) return std::string(default_queue);
    std::string known;
    for (const std::string& name : deps.pools.names()) {
        if (name == queue::maintenance) continue;
        if (name == *wanted.queue) return name;
        known += (known.empty() ? "" : ", ") + name;
    }
    return invalid("queue", "must be one of: " + known);
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
