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

namespace {

int show_status(const Config& config) {
    const auto schema = config.on_postgres() ? db::look_at_postgres(config.postgres.url)
                                             : db::look_at_sqlite(config.sqlite_file());
    if (!schema) return say(schema.error());
    for (const db::Migration& migration : db::migrations()) {
        std::printf(
            "%s  %.*s\n",
            migration.version <= schema->version ? "applied" : "waiting",
            int(migration.name.size()),
            migration.name.data()
        );
    }
    return 0;
}

}  // namespace

int migrate(const Config& config, bool only_status) {
    if (only_status) return show_status(config);
    const auto lock = FolderLock::take(config.data, config.on_postgres());
    if (!lock) return say(lock.error());
    const auto applied = config.on_postgres() ? db::migrate_postgres(config.postgres.url)
                                              : db::migrate_sqlite(config.sqlite_file());
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
