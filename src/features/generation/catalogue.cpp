#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "features/generation/inputs.hpp"
#include "platform/base/embedded.hpp"
#include "platform/base/json/read.hpp"
#include "platform/base/text.hpp"
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

constexpr const char* network_notice =
    "The cut-out network is not installed on this server, so that a subject is found only in a "
    "picture that is transparent around it. An administrator installs it with scripts/setup.";

struct Declared {
    std::optional<UserId> owner_id;
    std::string definition;
};
BOOST_DESCRIBE_STRUCT(Declared, (), (owner_id, definition))

constexpr db::Sql find_remote_model_sql{
    "generation.find_remote_model", "SELECT owner_id, definition FROM remote_models WHERE id = $1"
};
constexpr db::Sql list_remote_models_sql{
    "generation.list_remote_models", "SELECT owner_id, definition FROM remote_models ORDER BY id"
};
constexpr db::Sql declare_model_sql{
    "generation.declare_model",
    "INSERT INTO remote_models (id, definition, declared_at, owner_id) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (id) DO UPDATE SET declared_at = $3, "
    "owner_id = coalesce(remote_models.owner_id, $4) RETURNING owner_id, definition"
};
constexpr db::Sql redefine_model_sql{
    "generation.redefine_model", "UPDATE remote_models SET definition = $2 WHERE id = $1"
};
constexpr db::Sql remove_model_sql{
    "generation.remove_model", "DELETE FROM remote_models WHERE id = $1"
};

struct Count {
    std::int64_t models = 0;
};
BOOST_DESCRIBE_STRUCT(Count, (), (models))
constexpr db::Sql count_models_sql{
    "generation.count_models", "SELECT count(*) AS models FROM remote_models WHERE owner_id = $1"
};

bool is_own(std::string_view id) {
    return std::ranges::find(catalogue(), id, &Model::id) != catalogue().end();
}

// `acme/upscale`, or with more parts.
bool is_model_id(std::string_view id) {
    constexpr std::size_t id_max = 100;
    const bool plain = std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
               c == '_' || c == '/';
    });
    return plain && id.size() <= id_max && id.contains('/') && !id.starts_with('/') &&
           !id.ends_with('/') && !id.contains("//") && !id.starts_with('.') && !id.contains("/.");
}

}  // namespace

Async<std::shared_ptr<const UsableModel>> Models::find(std::string id) {
    const auto own = std::ranges::find(catalogue(), id, &Model::id);
    if (own != catalogue().end())
        co_return std::shared_ptr<const UsableModel>(std::shared_ptr<void>{}, &*own);
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
    if (auto kept = kept_list_.get("")) co_return *std::move(kept);
    std::vector<Model> out(catalogue().begin(), catalogue().end());
    if (::access(matte_weights_.c_str(), R_OK) != 0)
        for (Model& own : out) own.notice = network_notice;
    for (const Declared& row : co_await db_.all<Declared>(list_remote_models_sql)) {
        auto model = read_model(row.definition);
        if (model) out.push_back(std::move(*model));
    }
    kept_list_.put("", out);
    co_return out;
}

Result<void> check_remote(const Model& model) {
    constexpr std::size_t name_max = 100;          // code points, as below
    constexpr std::size_t description_max = 2000;  // a page shows all models' at once
    if (!is_model_id(model.id) || model.id.starts_with("local/") || is_own(model.id))
        return invalid("id", "must be a name of yours such as acme/upscale, not local/...");
    if (model.provider != remote_provider) return invalid("provider", "must be: remote");
    if (model.name.empty() || !is_printable(model.name) || code_points(model.name) > name_max)
        return invalid("name", "must be one line of 1 to 100 characters");
    if (!is_printable(model.description) || code_points(model.description) > description_max)
        return invalid("description", "must be one line of at most 2000 characters");
    if (model.notice) return invalid("notice", "is what this server says; leave it out");
    CHECK(compile_inputs(model.inputs));
    return {};
}

Async<Result<bool>> Models::declare(
    db::Session& db, UserId owner, const Model& model, Instant now
) {
    const std::string given = json::to_string(model);
    const auto stands = co_await db.one<Declared>(declare_model_sql, model.id, given, now, owner);
    if (stands->owner_id != owner) {
        co_return conflict(
            "The model " + model.id +
            " belongs to another user's workers. Choose another id, or remove that model first."
        );
    }
    // What another version of this program wrote may differ in its text alone.
    const auto before = json::read<Model>(stands->definition);
    co_return before&& json::to_string(*before) == given;
}

Async<void> Models::redefine(db::Session& db, const Model& model) {
    co_await db.execute(redefine_model_sql, model.id, json::to_string(model));
}

Async<std::int64_t> Models::count(db::Session& db, UserId owner) {
    co_return (co_await db.one<Count>(count_models_sql, owner))->models;
}

Async<Result<void>> Models::remove(db::Session& db, const std::string& id) {
    if (is_own(id)) co_return conflict("This model is part of the server and cannot be removed.");
    if (co_await db.execute(remove_model_sql, id) == 0)
        co_return not_found("There is no such model.");
    co_return Result<void>{};
}

}  // namespace zoetrope::generation
