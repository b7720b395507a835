#pragma once

#include "features/generation/generation.hpp"

namespace zoetrope::generation {

// Errors: invalid naming `model`.
Async<Result<std::shared_ptr<const Model>>> find_model(Deps& deps, std::string id);
// Where it waits. Errors: invalid naming `queue` or `region`.
Result<std::string> chosen_queue(const Deps& deps, const Model& model, const NewGeneration& wanted);
// Whether a schema can be checked against and drawn. Errors: invalid naming `inputs`.
Result<void> check_schema(const json::Raw& schema);

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
