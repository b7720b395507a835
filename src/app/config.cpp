#include "app/config.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "app/old_names.hpp"
#include "app/pools.hpp"
#include "app/settings_file.hpp"
#include "platform/http/browser_rules.hpp"

namespace zoetrope::app {

namespace fs = std::filesystem;

namespace {

std::string variable_of(std::string_view name) {
    std::string out = "ZOETROPE_";
    for (const char c : name)
        out += c == '-' ? '_' : c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c;
    return out;
}

// Empty where /proc is not mounted: then the engine is looked for in the current folder.
fs::path own_folder() {
    std::error_code error;
    return fs::read_symlink("/proc/self/exe", error).parent_path();
}

// The cut-out network: beside the program as it is installed, or in the checkout it was built in.
fs::path installed_weights() {
    const fs::path installed = own_folder() / "../share/zoetrope/isnet.onnx";
    std::error_code unknown;
    for (const fs::path& each : {installed, own_folder() / "../../../.cache/matte/isnet.onnx"})
        if (fs::exists(each, unknown)) return each.lexically_normal();
    return installed.lexically_normal();
}

// XDG Base Directory Specification: $XDG_DATA_HOME, else ~/.local/share
std::string default_data() {
    if (const char* xdg = std::getenv("XDG_DATA_HOME"); xdg && *xdg == '/')
        return std::string(xdg) + "/zoetrope";
    if (const char* home = std::getenv("HOME"); home && *home == '/')
        return std::string(home) + "/.local/share/zoetrope";
    return "zoetrope-data";
}

// Of the machine, or what a container may have of it.
std::uint64_t memory_bytes() {
    const auto machine =
        std::uint64_t(::sysconf(_SC_PHYS_PAGES)) * std::uint64_t(::sysconf(_SC_PAGESIZE));
    std::uint64_t allowed = 0;
    std::ifstream limit("/sys/fs/cgroup/memory.max");  // a number, or `max`
    return limit >> allowed ? std::min(machine, allowed) : machine;
}

std::string fallback_of(const Setting& setting) {
    const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
    if (setting.name == "data") return default_data();
    if (setting.name == "secret-key") return {};
    if (setting.name == "io-threads" || setting.name == "auth-hash-threads")
        return std::to_string(cores);
    if (setting.name == "engine-children-max")
        return std::to_string(std::clamp<std::uint64_t>(memory_bytes() >> 30, 2, cores + 1) - 1);
    if (setting.name == "matte-weights") return installed_weights().string();
    if (setting.name == "engine") return (own_folder() / "zoetrope-engine").string();
    return std::string(setting.fallback);
}

std::vector<std::string> list(const std::string& text) {
    std::vector<std::string> out;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::string_view item = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), item.size() + 1));
        if (!item.empty()) out.emplace_back(http::trim(item));
    }
    return out;
}

// Reads settings one by one and gathers what is wrong with each.
class Reader {
  public:
    explicit Reader(const Values& values) : values_(values) {}

    const std::string& text(std::string_view name) const { return values_.find(name)->second.text; }
    void wrong(std::string_view name, const std::string& accepted) {
        const Value& value = values_.find(name)->second;
        const auto setting = std::ranges::find(settings(), name, &Setting::name);
        const std::string shown = setting->secret ? "something else" : "'" + value.text + "'";
        error_.fields.push_back(
            {std::string(name),
             "is " + shown + " (from " + value.source + ") but must be " + accepted}
        );
    }
    std::int64_t number(std::string_view name, std::int64_t from, std::int64_t to) {
        const std::string& given = text(name);
        std::int64_t out = 0;
        const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), out);
        if (error != std::errc{} || end != given.data() + given.size() || out < from || out > to) {
            wrong(
                name, "a whole number from " + std::to_string(from) + " to " + std::to_string(to)
            );
        }
        return out;
    }
    std::size_t choice(std::string_view name, const std::vector<std::string_view>& words) {
        for (std::size_t i = 0; i < words.size(); ++i) {
            if (words[i] == text(name)) return i;
        }
        std::string accepted = "one of:";
        for (const auto word : words) accepted.append(" ").append(word);
        wrong(name, accepted);
        return 0;
    }
    void listen(http::ServerConfig& to) {
        const std::string& given = text("listen");
        const std::size_t colon = std::min(given.rfind(':'), given.size());
        const std::string digits = given.substr(std::min(colon + 1, given.size()));
        const char* end = digits.data() + digits.size();
        const auto read = std::from_chars(digits.data(), end, to.port);
        if (read.ec != std::errc{} || read.ptr != end)
            return wrong("listen", "an address and a port, such as 127.0.0.1:8080");
        to.address = given.substr(0, colon);
        if (to.address.starts_with('[') && to.address.ends_with(']'))
            to.address = to.address.substr(1, to.address.size() - 2);
        if (to.address == "localhost") to.address = "127.0.0.1";
    }
    // A file, a header or a mail would read such a text as another one.
    void control_characters() {
        for (const auto& [name, value] : values_) {
            if (std::ranges::any_of(value.text, [](char c) {
                    return (c >= 0 && c < ' ') || c == 0x7f;
                }))
                wrong(name, "text without control characters");
        }
    }
    Result<void> done() {
        if (error_.fields.empty()) return {};
        error_.code = Code::invalid;
        error_.message = "Some settings are not acceptable.";
        return std::unexpected(std::move(error_));
    }

  private:
    const Values& values_;
    Error error_;
};

}  // namespace

// As SQLAlchemy has it, a URL names its driver and says `ssl` for `sslmode`.
static std::string plain_database_url(std::string url) {
    for (const std::string_view driver : {"+asyncpg", "+psycopg2", "+psycopg"}) {
        for (const std::string_view scheme : {"postgresql", "postgres"})
            if (url.starts_with(std::string(scheme).append(driver).append("://")))
                url.erase(scheme.size(), driver.size());
    }
    for (const std::string_view ssl : {"?ssl=", "&ssl="})
        if (const std::size_t at = url.find(ssl); at != url.npos) url.replace(at + 1, 3, "sslmode");
    return url;
}

static void read_database(Reader& reader, Config& config) {
    using std::chrono::milliseconds;
    using std::chrono::seconds;
    db::PostgresConfig& database = config.postgres;
    database.url = plain_database_url(reader.text("database"));
    if (!database.url.empty() && !database.url.starts_with("postgres://") &&
        !database.url.starts_with("postgresql://"))
        reader.wrong(
            "database",
            "a URL such as postgres://user:password@host/name; without one the database is SQLite, "
            "in the data folder"
        );
    config.migrate = reader.choice("migrate", {"false", "true"}) == 1;
    database.size = reader.text("db-pool-size") == "auto"
                        ? 2 * std::max(1U, std::thread::hardware_concurrency()) + 1
                        : unsigned(reader.number("db-pool-size", 1, 10'000));
    database.overflow = unsigned(reader.number("db-pool-overflow", 0, 10'000));
    database.shared = unsigned(reader.number("db-pool-shared", 1, 64));
    database.acquire_max = seconds(reader.number("db-acquire-timeout", 1, 600));
    database.recycle = seconds(reader.number("db-recycle", 1, 7 * 24 * 3600));
    database.pre_ping = reader.choice("db-pre-ping", {"false", "true"}) == 1;
    database.statement_max = seconds(reader.number("db-statement-timeout", 0, 24 * 3600));
    database.list_max = milliseconds(reader.number("db-list-timeout", 0, 3'600'000));
    database.behind_pooler = reader.choice("db-pooler", {"none", "transaction"}) == 1;
    config.slow_statement = milliseconds(reader.number("db-slow-statement", 0, 3'600'000));
    config.slow_plan = reader.choice("db-slow-plan", {"false", "true"}) == 1;
}

static void read_queue(Reader& reader, Config& config) {
    if (auto pools = read_pools(reader.text("pools"))) {
        config.pools.pools = *std::move(pools);
    } else {
        const FieldError& first = pools.error().fields.front();
        reader.wrong("pools", "sizes of pools: " + first.field + " " + first.message);
    }
    config.pools.rule.is_on = reader.choice("pool-autoscale", {"false", "true"}) == 1;
    config.pools.rule.filled = reader.number("pool-filled", 1, 1'000'000);
    config.pools.rule.deep = reader.number("pool-deep", config.pools.rule.filled, 1'000'000);
    config.pools.rule.cool_down = std::chrono::seconds(reader.number("pool-cool-down", 0, 86'400));
    // One that renders and one that is ready to, for each engine.
    config.pools.held_max = std::size_t(2) * config.engine_children_max;
    config.pools.running_per_owner = reader.number("queue-running-per-user", 0, 10'000);
    config.batches.files_max = reader.number("batch-files", 1, 10'000);
    config.batches.bytes_max = std::uint64_t(reader.number("batch-size", 1, 1'000'000)) << 20;
    config.together.size_max = std::size_t(reader.number("request-batch-size", 1, 1000));
    config.together.wait_max =
        std::chrono::milliseconds(reader.number("request-batch-wait", 1, 10'000));
    config.remote_patience = std::chrono::seconds(reader.number("worker-patience", 2, 3600));
    config.workers_per_user = std::size_t(reader.number("workers-per-user", 1, 10'000));
    config.streams_per_user = std::size_t(reader.number("streams-per-user", 1, 10'000));
    config.events_kept = std::chrono::hours(24 * reader.number("events-keep", 1, 3650));
    config.weight_member = int(reader.number("queue-weight-member", 1, 100));
    config.weight_admin = int(reader.number("queue-weight-admin", 1, 100));
    config.finished_tasks.done = std::chrono::hours(reader.number("queue-keep-done", 1, 24 * 3650));
    config.finished_tasks.nodes = config.finished_tasks.done;
    config.finished_tasks.failed =
        std::chrono::hours(24 * reader.number("queue-keep-failed", 1, 3650));
}

static void read_storage(Reader& reader, Config& config) {
    constexpr std::int64_t mb = 1 << 20;
    constexpr std::int64_t mb_max = 1'000'000'000;
    const std::int64_t per_user = reader.number("storage-per-user", 0, mb_max);
    if (per_user > 0) config.storage_per_user = per_user * mb;
    if (reader.text("disk-reserve") != "auto")
        config.disk_reserve = reader.number("disk-reserve", 0, mb_max) * mb;
}

static void read_addresses(Reader& reader, http::BrowserRules& rules) {
    for (const std::string& text : list(reader.text("public-host"))) {
        if (auto host = http::parse_host(text)) {
            rules.public_hosts.push_back(*std::move(host));
        } else {
            reader.wrong(
                "public-host", "names such as zoetrope.example; '" + text + "' " + host.error()
            );
        }
    }
    for (const std::string& text : list(reader.text("cors-origins"))) {
        if (auto origin = http::parse_origin(text)) {
            rules.cors_origins.push_back(*std::move(origin));
        } else {
            reader.wrong(
                "cors-origins",
                "origins such as https://app.example; '" + text + "' " + origin.error()
            );
        }
    }
    if (const std::string& text = reader.text("public-url"); !text.empty()) {
        auto url = http::parse_origin(text);
        if (url && url->scheme != "https" && url->scheme != "http")
            url = std::unexpected("does not begin with https:// or http://");
        if (url) {
            rules.public_url = *std::move(url);
        } else {
            reader.wrong("public-url", "a URL such as https://zoetrope.example; it " + url.error());
        }
    }
    if (auto networks = http::Networks::parse(list(reader.text("trusted-proxies")))) {
        rules.trusted_proxies = *std::move(networks);
    } else {
        reader.wrong("trusted-proxies", "addresses and networks, such as 10.0.0.7,10.1.0.0/16");
    }
    rules.hsts = std::chrono::seconds(reader.number("hsts", 0, 10LL * 366 * 24 * 3600));
}

static void read_accounts(Reader& reader, Config& config) {
    using std::chrono::seconds;
    accounts::Config& auth = config.accounts;
    config.secret_key = reader.text("secret-key");
    auth.admission.registration = static_cast<accounts::Registration>(
        reader.choice("auth-registration", {"open", "allow_list", "closed"})
    );
    auth.admission.allowed_emails =
        accounts::folded_emails(list(reader.text("auth-allowed-emails")));
    auth.admission.require_verified_email =
        reader.choice("auth-require-verified-email", {"false", "true"}) == 1;
    const auto& url = config.server.rules.public_url;
    auth.secure_cookies = url && url->scheme == "https";
    if (url) auth.audience = url->str();
    auth.access_max = seconds(reader.number("auth-access-ttl", 10, 24 * 3600));
    auth.session_max = seconds(reader.number("auth-session-ttl", 60, 366 * 24 * 3600));
    auth.refresh_grace = seconds(reader.number("auth-refresh-grace", 0, 300));
    auth.cache_max = seconds(reader.number("auth-cache-ttl", 0, 3600));
    auth.scheme.kind = static_cast<crypto::PasswordScheme::Kind>(
        reader.choice("auth-password-hash", {"argon2id", "bcrypt"})
    );
    auth.scheme.memory_bytes = std::size_t(reader.number("auth-argon2-memory", 8, 1024)) << 20;
    auth.scheme.passes = unsigned(reader.number("auth-argon2-passes", 1, 20));
    auth.scheme.cost = unsigned(reader.number("auth-bcrypt-cost", 4, 16));
    auth.hash_threads = unsigned(reader.number("auth-hash-threads", 1, 256));
    auth.hash_queue_max = std::size_t(reader.number("auth-hash-queue", 1, 100'000));
    auth.logins_per_address = reader.number("auth-logins-per-address", 0, 1'000'000);
    auth.logins_per_account = reader.number("auth-logins-per-account", 0, 1'000'000);
    auth.registrations_per_address = reader.number("auth-registrations-per-address", 0, 1'000'000);
    auth.resets_per_address = reader.number("auth-resets-per-address", 1, 1'000'000);
    auth.keys_per_account = reader.number("auth-keys-per-account", 1, 1'000'000);
    auth.exports_per_account = reader.number("auth-exports-per-account", 1, 1'000'000);
    auth.resets_per_account = reader.number("auth-resets-per-account", 1, 1'000'000);
    auth.audit_kept = std::chrono::hours(24 * reader.number("auth-audit-days", 1, 36'500));
    auth.refreshes_per_address = reader.number("auth-refreshes-per-address", 0, 1'000'000);
    auth.refreshes_per_account = reader.number("auth-refreshes-per-account", 0, 1'000'000);
}

static void read_mail(Reader& reader, Config& config) {
    mail::Config& mail = config.mail;
    mail.smtp_url = reader.text("mail-smtp");
    if (!mail.smtp_url.empty() && !mail.smtp_url.starts_with("smtp://") &&
        !mail.smtp_url.starts_with("smtps://"))
        reader.wrong("mail-smtp", "a URL such as smtp://mail.example:587");
    if (mail.smtp_url.contains('@'))
        reader.wrong("mail-smtp", "a URL without a name; say mail-user and mail-password");
    mail.user = reader.text("mail-user");
    mail.password = reader.text("mail-password");
    mail.from = reader.text("mail-from");
    mail.timeout = std::chrono::seconds(reader.number("mail-timeout", 1, 600));
    mail.outbox = config.data / "outbox";
}

Result<Values> gather(const SettingTexts& flags, const std::string& file) {
    SettingTexts in_file;
    if (!file.empty()) {
        TRY(in_file, read_settings_file(file));
    }
    return gather(flags, in_file, file);
}

Values gather(const SettingTexts& flags, const SettingTexts& in_file, const std::string& file) {
    Values values;
    for (const Setting& setting : settings()) {
        const std::string variable = variable_of(setting.name);
        Value value{fallback_of(setting), "default"};
        if (const auto flag = flags.find(std::string(setting.name)); flag != flags.end()) {
            value = {flag->second, "--" + std::string(setting.name)};
        } else if (const char* given = std::getenv(variable.c_str())) {
            value = {given, variable};
        } else if (auto old = old_value(setting.name, environment)) {
            value = {std::move(old->text), std::move(old->variable)};
        } else if (const auto said = in_file.find(std::string(setting.name));
                   said != in_file.end()) {
            value = {said->second, file};
        } else if (auto implied = implied_value(setting.name, environment)) {
            value = {std::move(implied->text), std::move(implied->variable)};
        }
        values.emplace(setting.name, std::move(value));
    }
    return values;
}

Result<Config> to_config(const Values& values) {
    Reader reader(values);
    Config config;
    reader.control_characters();
    reader.listen(config.server);
    config.data = reader.text("data");
    config.log_level = static_cast<telemetry::Level>(
        reader.choice("log-level", {"debug", "info", "warn", "error", "off"})
    );
    config.server.io_threads = unsigned(reader.number("io-threads", 1, 256));
    config.workers_embedded = reader.choice("workers", {"embedded", "none"}) == 0;
    config.engine_children_max = unsigned(reader.number("engine-children-max", 1, 256));
    config.probe_timeout = std::chrono::seconds(reader.number("probe-timeout", 1, 300));
    read_queue(reader, config);
    read_storage(reader, config);
    config.sqlite_readers = unsigned(reader.number("sqlite-readers", 2, 64));
    read_database(reader, config);
    config.engine = reader.text("engine");
    config.matte_weights = reader.text("matte-weights");
    http::Limits& limits = config.server.limits;
    limits.connections_max = std::size_t(reader.number("connections-max", 1, 1'000'000));
    limits.connections_per_address =
        std::size_t(reader.number("connections-per-address", 0, 1'000'000));
    limits.body_total = std::chrono::seconds(reader.number("body-timeout", 1, 3600));
    limits.rate_min = std::size_t(reader.number("transfer-rate-min", 1, 1'000'000'000));
    limits.bodies_bytes_max = std::size_t(reader.number("body-memory", 1, 1'000'000)) << 20;
    limits.idle = std::chrono::seconds(reader.number("idle-timeout", 1, 3600));
    limits.drain = std::chrono::seconds(reader.number("drain-timeout", 0, 600));
    read_addresses(reader, config.server.rules);
    read_accounts(reader, config);
    read_mail(reader, config);
    if (config.data.empty()) reader.wrong("data", "a folder");
    CHECK(reader.done());
    return config;
}

}  // namespace zoetrope::app
