#pragma once

#include "features/generation/generation.hpp"

namespace zoetrope::generation {

// Errors: invalid naming `model`.
Async<Result<std::shared_ptr<const UsableModel>>> find_model(Deps& deps, std::string id);
// Where it waits. Errors: invalid naming `queue` or `region`.
Result<std::string> chosen_queue(const Deps& deps, const Model& model, const NewGeneration& wanted);
// Inputs name assets and carry texts and numbers; what is larger belongs into an asset. It bounds
// how long a check keeps its thread: well under a millisecond.
inline constexpr std::size_t inputs_bytes_max = 64 * 1024;

// The schema of a model's inputs: an object whose properties have one type each, as forms need it.
// Errors: invalid, each field by its path (`inputs.properties.size.multipleOf`).
Result<json_schema::JsonSchema> compile_inputs(const json::Raw& schema);
// The input that takes a picture; empty: the model takes none.
std::string picture_input(const UsableModel& model);

struct CheckedInputs {
    json::Raw inputs;  // with defaults
    struct Reference {
        std::string field;
        AssetId asset;
        std::string kind;  // the kind the model asks for
    };
    std::vector<Reference> references;
};

// Errors: invalid with one FieldError per mistake, named `inputs.<path>`.
Result<CheckedInputs> check_inputs(const UsableModel& model, const json::Raw& inputs);

}  // namespace zoetrope::generation
