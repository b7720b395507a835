// Settings, one table: flag, environment, file, default, unit, sentence. The first of flag,
// ZOETROPE_*, file that says something wins. Values are text until the whole table is known, so an
// error can name where its value came from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "features/accounts/accounts.hpp"
#include "features/pipelines/pipelines.hpp"
#include "platform/base/batcher.hpp"
#include "platform/base/result.hpp"
#include "platform/db/postgres.hpp"
#include "platform/http/config.hpp"
#include "platform/queue/clean_up.hpp"
#include "platform/queue/pools.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::app {

struct Setting {
    std::string_view name;      // `log-level`: the flag; in the file and the environment with `_`
    std::string_view fallback;  // the default, as text; {..} is worked out at start
    std::string_view unit;
    std::string_view sentence;
    bool secret = false;
};

const std::vector<Setting>& settings();

struct Value {
    std::string text;
    std::string source;  // `--listen`, `ZOETROPE_LISTEN`, `zoetrope.toml`, `default`
};

using Values = std::map<std::string, Value, std::less<>>;  // by setting name
using SettingTexts = std::map<std::string, std::string>;   // by setting name

// `flags` are the ones given on the command line. Errors: invalid, naming the setting and where the
// value came from.
Result<Values> gather(const SettingTexts& flags, const std::string& file);
// With what read_settings() made of the file.
Values gather(const SettingTexts& flags, const SettingTexts& in_file, const std::string& file);

struct Config {
    http::ServerConfig server;
    std::filesystem::path data;
    std::string secret_key;  // 64 hex digits; empty: the file in the data folder
    accounts::Config accounts;
    mail::Config mail;
    std::filesystem::path engine;
    std::string matte_weights;
    telemetry::Level log_level = telemetry::Level::info;
    bool workers_embedded = true;
    unsigned engine_children_max = 1;
    std::chrono::seconds probe_timeout{2};
    queue::PoolsConfig pools;
    BatcherConfig together;  // requests
    int weight_member = 1;
    int weight_admin = 2;
    pipelines::Limits batches;
    std::chrono::seconds remote_patience{15};
    std::size_t workers_per_user = 64;
    std::size_t streams_per_user = events::Hub::streams_per_user_usual;
    std::chrono::hours events_kept{30 * 24};
    std::int64_t storage_per_user = library::Quota::unlimited;
    std::optional<std::int64_t> disk_reserve;  // bytes; nothing: by the size of the disk
    queue::Retention finished_tasks;
    unsigned sqlite_readers = 2;
    db::PostgresConfig postgres;  // without a url: SQLite in the data folder
    bool migrate = false;
    std::chrono::milliseconds slow_statement{200};
    bool slow_plan = false;

    bool on_postgres() const { return !postgres.url.empty(); }
    std::filesystem::path sqlite_file() const { return data / "zoetrope.sqlite"; }
};

// Errors: invalid, with every setting that is off.
Result<Config> to_config(const Values& values);

}  // namespace zoetrope::app
