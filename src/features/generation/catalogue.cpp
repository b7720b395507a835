#include <stdexcept>

#include "features/generation/generation.hpp"
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

}  // namespace zoetrope::generation
