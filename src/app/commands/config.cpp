#include <cstdio>

#include "app/app.hpp"
#include "app/commands/commands.hpp"
#include "platform/db/migrate.hpp"

namespace zoetrope::app {

int show_config(const Values& values) {
    for (const Setting& setting : settings()) {
        const Value& value = values.find(setting.name)->second;
        const char* shown = setting.secret && !value.text.empty() ? "***" : value.text.c_str();
        std::printf("# %.*s", int(setting.sentence.size()), setting.sentence.data());
        std::printf(
            " (%.*s; from %s)\n",
            int(setting.unit.size()),
            setting.unit.data(),
            value.source.c_str()
        );
        std::string key(setting.name);
        for (char& c : key) c = c == '-' ? '_' : c;
        std::printf("%s = \"%s\"\n\n", key.c_str(), shown);
    }
    return 0;
}

int migrate(const Config& config) {
    const auto lock = FolderLock::take(config.data);
    if (!lock) return say(lock.error());
    const auto applied = db::migrate_sqlite(config.data / "zoetrope.sqlite");
    if (!applied) return say(applied.error());
    std::printf(
        "The database is at version %d; %d migration%s applied now.\n",
        db::migrations().back().version,
        *applied,
        *applied == 1 ? " was" : "s were"
    );
    return 0;
}

}  // namespace zoetrope::app
