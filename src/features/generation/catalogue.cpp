#include <algorithm>
#include <stdexcept>

#include "features/generation/inputs.hpp"
#include "platform/base/embedded.hpp"
#include "platform/base/json/read.hpp"

namespace zoetrope::generation {

const std::vector<Model>& catalogue() {
    static const std::vector<Model> models = [] {
        std::vector<Model> out;
        for (const auto& [path, bytes] : embedded::models()) {
            auto model = json::read<Model>(bytes);
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

Async<std::shared_ptr<const Model>> Models::find(std::string id) {
    if (auto kept = kept_.get(id)) co_return *kept;
    std::shared_ptr<const Model> model;
    const auto own = std::ranges::find(catalogue(), id, &Model::id);
    if (own != catalogue().end()) {
        model = std::make_shared<const Model>(*own);
    } else if (const auto row = co_await db_.one<Declared>(find_remote_model_sql, id)) {
        auto read = json::read<Model>(row->definition);
        if (read) model = std::make_shared<const Model>(std::move(*read));
    }
    if (model) kept_.put(id, model);
    co_return model;
}

Async<std::vector<Model>> Models::list() {
    std::vector<Model> out = catalogue();
    for (const Declared& row : co_await db_.all<Declared>(list_remote_models_sql)) {
        auto model = json::read<Model>(row.definition);
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
    return check_schema(model.inputs);
}

Async<void> Models::declare(const Model& model, Instant now) {
    co_await db_.execute(declare_model_sql, model.id, json::to_string(model), now);
    kept_.erase(model.id);
}

}  // namespace zoetrope::generation
