#include "features/generation/inputs.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace zoetrope::generation {

namespace bj = boost::json;

Async<Result<std::shared_ptr<const UsableModel>>> find_model(Deps& deps, std::string id) {
    if (auto found = co_await deps.models.find(id)) co_return found;
    constexpr std::size_t named_max = 20;
    std::string known;
    const auto models = co_await deps.models.list();
    for (std::size_t i = 0; i < std::min(models.size(), named_max); ++i)
        known += (i == 0 ? "" : ", ") + models[i].id;
    if (models.size() > named_max) known += ", ...";
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

bool is_input_name(std::string_view name) {
    constexpr std::size_t name_max = 64;
    return !name.empty() && name.size() <= name_max && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
}

// What a form needs of an input beyond a valid schema; empty: nothing is missing.
std::string missing_for_a_form(const json_schema::Node& input) {
    using namespace json_schema;
    const bool is_number = input.types == (type_number | type_integer);
    if (input.types == 0 || (!is_number && (input.types & (input.types - 1)) != 0))
        return "must have one `type`";
    if (input.minimum.has_value() != input.maximum.has_value())
        return "must have `minimum` and `maximum` together";
    if (!std::ranges::all_of(input.choices, [](const auto& c) { return c.starts_with('"'); }))
        return "must have an `enum` of texts only";
    if (input.asset.empty()) return {};
    library::Kind kind{};
    if (!json::enum_from_text(input.asset, kind))
        return "must have an `x-asset` of image, video or mesh";
    if (input.types != type_string || input.initial || !input.choices.empty())
        return "names an asset, so it must be of type string without a default or enum";
    return {};
}

}  // namespace

Result<json_schema::JsonSchema> compile_inputs(const json::Raw& text) {
    auto schema = json_schema::JsonSchema::compile(text.text);
    if (!schema) {
        for (FieldError& each : schema.error().fields)
            each.field.insert(0, each.field.empty() ? "inputs" : "inputs.");
        return schema;
    }
    const json_schema::Node& root = schema->root();
    if (root.types != json_schema::type_object)
        return invalid("inputs.type", "must be object: a model takes named inputs");
    const json::Path inputs{.key = "inputs"}, properties{.parent = &inputs, .key = "properties"};
    json::Problems problems;
    for (const auto& [name, input] : root.properties) {
        const json::Path at{.parent = &properties, .key = name};
        std::string missing = is_input_name(name)
                                  ? missing_for_a_form(input)
                                  : "must have a name of 1 to 64 letters, digits, - and _";
        if (!missing.empty()) problems.add(at, std::move(missing));
    }
    for (const std::string& name : root.required) {
        if (!std::ranges::binary_search(root.names, name))
            problems.add(
                json::Path{.parent = &inputs, .key = "required"}, "names no property: " + name
            );
    }
    if (!problems.empty()) return std::unexpected(std::move(problems).take());
    return schema;
}

std::string picture_input(const UsableModel& model) {
    for (const auto& [name, input] : model.schema.root().properties)
        if (input.asset == "image") return name;
    return {};
}

// Fills in defaults, and lists the assets that the inputs name.
static Result<void> complete(
    const json_schema::Node& root, bj::object& inputs, CheckedInputs& checked
) {
    for (const auto& [name, input] : root.properties) {
        if (input.initial && !inputs.contains(name)) inputs[name] = *input.initial;
        const auto* value = inputs.if_contains(name);
        if (input.asset.empty() || !value) continue;
        const std::string field = "inputs." + name;
        const auto id = AssetId::parse(std::string_view(value->get_string()));
        if (!id) return invalid(field, "must be the id of an asset");
        checked.references.push_back({field, *id, input.asset});
    }
    return {};
}

Result<CheckedInputs> check_inputs(const UsableModel& model, const json::Raw& given) {
    if (given.text.size() > inputs_bytes_max) {
        return invalid(
            "inputs",
            "must be at most " + std::to_string(inputs_bytes_max) +
                " bytes; upload what is larger, and give its id"
        );
    }
    auto read = json::read_tree(given.text);
    if (!read) return invalid("inputs", "cannot be read: " + read.error().message);
    bj::value& inputs = *read;
    json::Problems problems;
    model.schema.check(inputs, json::Path{.key = "inputs"}, problems);
    if (!problems.empty()) {
        Error unfit = std::move(problems).take();
        unfit.message = "The inputs do not fit the model.";
        return std::unexpected(std::move(unfit));
    }
    CheckedInputs checked;
    CHECK(complete(model.schema.root(), inputs.get_object(), checked));
    checked.inputs.text = bj::serialize(inputs);
    return checked;
}

}  // namespace zoetrope::generation
