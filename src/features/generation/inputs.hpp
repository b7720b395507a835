#pragma once

#include "features/generation/generation.hpp"

namespace zoetrope::generation {

// Errors: invalid naming `model`.
Result<const Model*> find_model(std::string_view id);
// Where it waits. Errors: invalid naming `queue`.
Result<std::string> chosen_queue(const Deps& deps, const NewGeneration& wanted);

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
Result<CheckedInputs> check_inputs(const Model& model, const json::Raw& inputs);

}  // namespace zoetrope::generation
