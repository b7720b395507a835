#include <charconv>

#include "platform/base/embedded.hpp"
#include "platform/db/migrate.hpp"

namespace zoetrope::db {

const std::vector<Migration>& migrations() {
    static const std::vector<Migration> all = [] {
        std::vector<Migration> out;
        for (const auto& [path, bytes] :
             embedded::migrations()) {  // sorted by name, hence by number
            Migration migration{
                .version = 0, .name = path.substr(0, path.find('.')), .text = bytes
            };
            std::from_chars(path.data(), path.data() + path.find('_'), migration.version);
            out.push_back(migration);
        }
        return out;
    }();
    return all;
}

}  // namespace zoetrope::db
