// One recipe, many pictures.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "features/generation/inputs.hpp"
#include "features/generation/tasks.hpp"

namespace zoetrope::generation {

namespace {

namespace bj = boost::json;

json::Raw with(const json::Raw& inputs, const std::string& name, const AssetId& picture) {
    bj::value all = bj::parse(inputs.text);
    all.as_object()[name] = picture.view();
    return {bj::serialize(all)};
}

}  // namespace

Async<Result<std::vector<InputFile>>> files_of(Deps& deps, const Job& job) {
    std::vector<InputFile> out;
    CO_TRY(const auto model, co_await find_model(deps, job.model));
    CO_TRY(const CheckedInputs checked, check_inputs(*model, job.inputs));
    for (const auto& reference : checked.references) {
        CO_TRY(
            library::Asset asset,
            co_await library::find(deps.library.db, job.owner_id, reference.asset)
        );
        out.push_back({reference.field.substr(sizeof("inputs.") - 1), std::move(asset)});
    }
    co_return out;
}

Async<Result<Recipe>> recipe_of(Deps& deps, NewGeneration wanted) {
    CO_TRY(const auto model, co_await find_model(deps, wanted.model));
    CO_TRY(std::string queue, chosen_queue(deps, *model, wanted));
    const std::string picture = picture_input(*model);
    if (picture.empty()) co_return invalid("model", "must be one that takes a picture");
    auto others = json::read_tree(wanted.inputs.text);
    if (!others || !others->is_object()) co_return invalid("inputs", "must be an object");
    if (others->as_object().contains(picture))
        co_return invalid("inputs." + picture, "is each of the files; leave it out");
    // Checked with a picture in its place; whose it is, is known later.
    CO_TRY(
        CheckedInputs checked,
        check_inputs(*model, with({bj::serialize(*others)}, picture, AssetId::make()))
    );
    bj::value filled = bj::parse(checked.inputs.text);
    filled.as_object().erase(picture);
    co_return Recipe{model, std::move(queue), picture, {bj::serialize(filled)}};
}

Async<MadeOfEach> create_each(
    db::Transaction& db,
    queue::Share share,
    const Recipe& recipe,
    const std::vector<AssetId>& pictures,
    Instant now
) {
    MadeOfEach made;
    if (pictures.empty()) co_return made;
    std::vector<Generation> generations;
    std::vector<events::NewEvent> news;
    for (const AssetId& picture : pictures) {
        generations.push_back(
            {.id = GenerationId::make(),
             .model = recipe.model->id,
             .queue = recipe.queue,
             .state = State::queued,
             .inputs = with(recipe.inputs, recipe.picture, picture),
             .created_at = now}
        );
        made.ids.push_back(generations.back().id);
        news.push_back(
            {.owner = share.owner,
             .topic = "generations",
             .type = "generation.queued",
             .subject = made.ids.back().str()}
        );
    }
    const auto tasks = co_await insert_tasks(db, recipe.queue, share, made.ids, now);
    co_await insert_all(db, share.owner, generations, tasks);
    made.events = co_await events::append_all(db, news, now);
    co_return made;
}

}  // namespace zoetrope::generation
