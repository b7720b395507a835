#include <algorithm>
#include <stdexcept>

#include "features/generation/inputs.hpp"
#include "platform/base/embedded.hpp"
#include "platform/base/json/read.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::generation {

namespace {

// Errors: malformed, invalid. What the database holds is checked again here: an older version may
// have accepted more.
Result<UsableModel> read_model(std::string_view definition) {
    TRY(Model model, json::read<Model>(definition));
    TRY(json_schema::JsonSchema schema, compile_inputs(model.inputs));
    return UsableModel{std::move(model), std::move(schema)};
}

}  // namespace

const std::vector<UsableModel>& catalogue() {
    static const std::vector<UsableModel> models = [] {
        std::vector<UsableModel> out;
        for (const auto& [path, bytes] : embedded::models()) {
            auto model = read_model(bytes);
            if (!model)
                throw std::logic_error(
                    "models/" + std::string(path) + ": " + model.error().message
                );
            out.push_back(std::move(*model));
        }
        return out;
    }();
    return models;
}

namespace {

struct Declared {
    std::string definition;
};
BOOST_DESCRIBE_STRUCT(Declared, (), (definition))

constexpr db::Sql find_remote_model_sql{
    "generation.find_remote_model", "SELECT definition FROM remote_models WHERE id = $1"
};
constexpr db::Sql list_remote_models_sql{
    "generation.list_remote_models", "SELECT definition FROM remote_models ORDER BY id"
};
constexpr db::Sql declare_model_sql{
    "generation.declare_model",
    "INSERT INTO remote_models (id, definition, declared_at) VALUES ($1, $2, $3) "
    "ON CONFLICT (id) DO UPDATE SET definition = $2, declared_at = $3"
};

// `acme/upscale`, or with more parts.
bool is_model_id(std::string_view id) {
    constexpr std::size_t id_max = 100;
    const bool plain = std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
               c == '_' || c == '/';
    });
    return plain && id.size() <= id_max && id.contains('/') && !id.starts_with('/') &&
           !id.ends_with('/') && !id.contains("//");
}

}  // namespace

Async<std::shared_ptr<const UsableModel>> Models::find(std::string id) {
    const auto own = std::ranges::find(catalogue(), id, &Model::id);
    if (own != catalogue().end()) co_return std::shared_ptr<const UsableModel>(std::shared_ptr<void>{}, &*own);
    if (auto kept = kept_.get(id)) co_return *kept;
    std::shared_ptr<const UsableModel> model;
    if (const auto row = co_await db_.one<Declared>(find_remote_model_sql, id)) {
        if (auto read = read_model(row->definition)) {
            model = std::make_shared<const UsableModel>(std::move(*read));
        } else {
            telemetry::warn("the stored model {} is unusable: register its worker again", id);
        }
    }
    if (model) kept_.put(id, model);
    co_return model;
}

Async<std::vector<Model>> Models::list() {
    std::vector<Model> out(catalogue().begin(), catalogue().end());
    for (const Declared& row : co_await db_.all<Declared>(list_remote_models_sql)) {
        auto model = read_model(row.definition);
        if (model) out.push_back(std::move(*model));
    }
    co_return out;
}

Result<void> check_remote(const Model& model) {
    constexpr std::size_t words_max = 2000;
    const bool own = std::ranges::find(catalogue(), model.id, &Model::id) != catalogue().end();
    if (!is_model_id(model.id) || model.id.starts_with("local/") || own)
        return invalid("id", "must be a name of yours such as acme/upscale, not local/...");
    if (model.provider != remote_provider) return invalid("provider", "must be: remote");
    if (model.name.empty() || model.name.size() > words_max)
        return invalid("name", "must be what people call it");
    if (model.description.size() > words_max) return invalid("description", "is too long");
    CHECK(compile_inputs(model.inputs));
    return {};
}

Async<void> Models::declare(const Model& model, Instant now) {
    co_await db_.execute(declare_model_sql, model.id, json::to_string(model), now);
    kept_.erase(model.id);
}

}  // namespace zoetrope::generation
