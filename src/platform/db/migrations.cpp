#include <charconv>

#include "platform/base/embedded.hpp"
#include "platform/db/migrate.hpp"

namespace zoetrope::db {

const std::vector<Migration>& migrations() {
    static const std::vector<Migration> all = [] {
        std::vector<Migration> out;
        for (const auto& [path, bytes] : embedded::migrations()) {  // by name, hence by number
            int version = 0;
            std::from_chars(path.data(), path.data() + path.find('_'), version);
            if (out.empty() || out.back().version != version)
                out.push_back({.version = version, .name = path.substr(0, path.find('.'))});
            Migration& migration = out.back();
            if (!path.ends_with(".postgres.sql")) migration.sqlite = bytes;
            if (!path.ends_with(".sqlite.sql")) migration.postgres = bytes;
        }
        return out;
    }();
    return all;
}

}  // namespace zoetrope::db
