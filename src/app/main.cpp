// zoetrope COMMAND: serve, link, worker, run, user, capacity, config, migrate, openapi, completion,
// man.
#include <sodium.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "app/commands/commands.hpp"
#include "app/commands/manual.hpp"
#include "app/old_names.hpp"
#include "app/pools.hpp"
#include "app/privacy.hpp"
#include "platform/base/unavailable.hpp"

namespace zoetrope::app {

namespace {

struct Line {
    std::map<std::string, std::string> flags;
    std::string config_file;
    RunOptions run;
    bool status = false;  // of migrate
    std::string queues;   // of worker
    UserOptions user;
    std::string role = "member";
    bool sure = false;  // of user erase
    CapacityOptions capacity;
    Shell shell{};  // of completion
    bool verbose = false;
    bool opens_studio = false;    // of serve
    bool shows_settings = false;  // in the help
};

void add_settings(CLI::App& command, Line& line) {
    // Each command takes all of them, and few people want to read them beside what it is for.
    const char* group = line.shows_settings ? "Settings" : "";
    command.set_help_all_flag("--help-all", "This, and all settings");
    command.add_flag("-v,--verbose", line.verbose, "Say more of what is done");
    for (const Setting& setting : settings()) {
        const std::string name(setting.name);
        CLI::Option* option =
            command
                .add_option_function<std::string>(
                    "--" + name,
                    [&line, name](const std::string& text) {
                        line.flags[name] = text.empty() ? "true" : text;
                    },
                    std::string(setting.sentence) + " Default: " + std::string(setting.fallback)
                )
                ->type_name(std::string(setting.unit))
                ->group(group);
        if (setting.unit == "true|false") option->expected(0, 1);  // `--migrate` alone is enough
    }
    command
        .add_option(
            "--config", line.config_file, "A file with settings: TOML, or variables in a .env"
        )
        ->type_name("FILE");
}

// CLI::Range lets NaN pass, which is neither below nor above.
CLI::Validator between(double least, double most) {
    const CLI::Validator is_number(
        [](const std::string& text) -> std::string {
            double number = 0;
            const bool is_nan = CLI::detail::lexical_cast(text, number) && std::isnan(number);
            return is_nan ? text + " is not a number" : "";
        },
        ""
    );
    return CLI::Range(least, most) & is_number;
}

CLI::App* add_run(CLI::App& cli, Line& line) {
    RunOptions& run = line.run;
    CLI::App* command =
        cli.add_subcommand("run", "Turn photos into videos and 3D models, without a server");
    command->add_option("photos", run.photos, "JPEG, PNG, WebP, TIFF or BMP files; - is stdin")
        ->required();
    command->add_option("--to", run.to, "What to make: video, 3d, or both")
        ->type_name("video,3d")
        ->capture_default_str();
    command->add_option("--motion", run.motion, "How the camera moves")
        ->check(CLI::IsMember({"orbit", "push", "pan", "ken_burns"}))
        ->capture_default_str();
    command->add_option("--duration", run.duration_s, "Length of the video, 2 to 10")
        ->check(between(2, 10))
        ->type_name("SECONDS")
        ->capture_default_str();
    command->add_option("--resolution", run.resolution, "Shorter side of the video")
        ->check(CLI::IsMember({"480p", "720p", "1080p"}))
        ->capture_default_str();
    command->add_option("--size-mm", run.size_mm, "Longest side of the model, 10 to 500")
        ->check(between(10, 500))
        ->type_name("MM")
        ->capture_default_str();
    command->add_option("--back", run.back, "Back of an inflated model")
        ->check(CLI::IsMember({"plain", "mirror"}))
        ->capture_default_str();
    command->add_option("-o,--out", run.out, "Where the files go")
        ->type_name("FOLDER")
        ->capture_default_str();
    command->add_flag("--json", run.json, "For programs");
    return command;
}

// Each action with its words; returns the command they stand under.
CLI::App* add_user(CLI::App& cli, Line& line) {
    using accounts::UserAction;
    CLI::App* command = cli.add_subcommand("user", "Make, list and change accounts");
    command->require_subcommand(1);
    command->fallthrough();
    const auto action = [&](const char* name, UserAction which, const char* sentence) {
        CLI::App* one = command->add_subcommand(name, sentence);
        one->callback([&line, which] { line.user.command.action = which; });
        one->fallthrough();
        return one;
    };
    CLI::App* add = action("add", UserAction::add, "Make an account; its password is shown");
    CLI::App* role = action("role", UserAction::role, "Make a user an administrator, or no more");
    CLI::App* reset =
        action("reset", UserAction::reset, "A new password; every device is signed out");
    CLI::App* erase =
        action("erase", UserAction::erase, "Take an account away, with everything it owns");
    action("list", UserAction::list, "All accounts")
        ->add_flag("--json", line.user.json, "For programs");
    for (CLI::App* one : {add, role, reset, erase})
        one->add_option("name", line.user.command.username, "The user's name")->required();
    add->add_option("email", line.user.command.email, "The user's address")->required();
    const CLI::IsMember roles({"admin", "member"});
    add->add_option("--role", line.role, "admin or member")->check(roles);
    erase->add_flag("--yes", line.sure, "Really: there is no way back")->required();
    role->add_option("role", line.role, "admin or member")->required()->check(roles);
    for (CLI::App* one : {add, reset})
        one->add_flag(
            "--password-stdin", line.user.password_from_input, "Read the password from stdin"
        );
    return command;
}

CLI::App* add_capacity(CLI::App& cli, Line& line) {
    CapacityOptions& capacity = line.capacity;
    CLI::App* command = cli.add_subcommand(
        "capacity", "Say how much fits, what limits it, and what more load would do"
    );
    command->add_flag(
        "--simulate", capacity.simulate, "Simulate the load; settings given here are tried out"
    );
    command->add_option("--times", capacity.times, "So many times the load that was measured")
        ->delimiter(',')
        ->check(between(0.001, 1e6))
        ->capture_default_str();
    command->add_option("--arrivals", capacity.arrivals_per_min, "Tasks that come, instead of that")
        ->check(between(0, 1e6))
        ->type_name("PER-MINUTE");
    command->add_option("--at-once", capacity.at_once, "Tasks that come at the start, besides")
        ->check(CLI::Range(0, 1'000'000))
        ->type_name("TASKS")
        ->capture_default_str();
    command->add_option("--minutes", capacity.minutes, "How long they come")
        ->check(between(0, 10'000))
        ->capture_default_str();
    command->add_flag("--json", capacity.json, "For programs");
    return command;
}

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t(0));
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t corner = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t changed = corner + (a[i] != b[j]);
            corner = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

// `help`, `version`, and words that are no command, which get the nearest one suggested. The exit
// code; nothing when the line is to be read.
std::optional<int> answer_plain_word(const CLI::App& cli, std::span<char* const> words) {
    if (words.size() < 2 || words[1][0] == '-') return std::nullopt;
    const std::string word = words[1];
    if (word == "help") return std::puts(cli.help().c_str()), 0;
    if (word == "version") return std::puts(ZOETROPE_VERSION), 0;
    std::string nearest;
    for (const CLI::App* command : cli.get_subcommands(nullptr)) {
        const std::string name = command->get_name();
        if (name == word) return std::nullopt;
        if (nearest.empty() || distance(word, name) < distance(word, nearest)) nearest = name;
    }
    std::error_code unknown;
    const bool is_file = std::filesystem::exists(word, unknown);
    std::string hint = "`zoetrope --help` lists the commands";
    if (is_file) {
        hint = "to make something of a photo: `zoetrope run " + word + "`";
    } else if (distance(word, nearest) <= 2) {
        hint = "did you mean `zoetrope " + nearest + "`?";
    }
    std::fprintf(stderr, "zoetrope: '%s' is no command; %s\n", word.c_str(), hint.c_str());
    return 2;
}

// To be called once the log level is known.
void warn_of_secrets(const std::vector<std::string>& flags) {
    for (const std::string& flag : flags) {
        telemetry::warn(
            "{} was on the command line, where every user of this machine could read it until now; "
            "give it in the environment or in the --config file",
            flag
        );
    }
}

int main(int argc, char** argv) {
    const mode_t users_mask = keep_private();
    if (sodium_init() < 0)
        return say({.code = Code::unavailable, .message = "libsodium cannot start."});
    CLI::App cli{"Zoetrope turns images into video and 3D models."};
    cli.set_version_flag("--version", ZOETROPE_VERSION);
    cli.require_subcommand(1);
    Line line;
    CLI::App* serve_command = cli.add_subcommand("serve", "Start the server and its studio");
    serve_command->add_flag("--open", line.opens_studio, "Open the studio in your browser");
    CLI::App* link_command = cli.add_subcommand(
        "link", "Print the link that lets a browser into a server without accounts"
    );
    CLI::App* worker_command =
        cli.add_subcommand("worker", "Run the tasks of a server's PostgreSQL database");
    worker_command
        ->add_option(
            "--queues",
            line.queues,
            "The queues that it serves: with so many tasks at a time, or a share of the pool. "
            "Default: all, by shares"
        )
        ->type_name("name=slots,...");
    CLI::App* run_command = add_run(cli, line);
    CLI::App* user_command = add_user(cli, line);
    CLI::App* capacity_command = add_capacity(cli, line);
    CLI::App* config_command =
        cli.add_subcommand("config", "Show the settings and where each came from");
    CLI::App* migrate_command = cli.add_subcommand("migrate", "Bring the database up to date");
    migrate_command->add_flag(
        "--status", line.status, "Only show which migrations are applied and which wait"
    );
    CLI::App* openapi_command = cli.add_subcommand("openapi", "Print the API's description");
    for (CLI::App* command :
         {serve_command,
          link_command,
          worker_command,
          run_command,
          user_command,
          capacity_command,
          config_command,
          migrate_command,
          openapi_command}) {
        // Only of the command that is meant: each option is compared with all before it.
        command->preparse_callback([command, &line](std::size_t) { add_settings(*command, line); });
    }
    CLI::App* completion_command =
        cli.add_subcommand("completion", "Print a script that completes commands in your shell");
    completion_command->add_option("shell", line.shell, "bash, zsh or fish")
        ->required()
        ->transform(CLI::CheckedTransformer(std::map<std::string, Shell>{
            {"bash", Shell::bash}, {"zsh", Shell::zsh}, {"fish", Shell::fish}
        }))
        ->type_name("bash,zsh,fish");
    CLI::App* man_command = cli.add_subcommand("man", "Print the manual: zoetrope man | man -l -");
    const std::span words(argv, std::size_t(argc));
    line.shows_settings = std::ranges::find(words, std::string_view("--help-all")) != words.end();
    if (const auto answered = answer_plain_word(cli, words)) return *answered;
    try {
        cli.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return cli.exit(error) == 0 ? 0 : 2;
    }
    if (completion_command->parsed() || man_command->parsed()) {
        CLI::App settings;
        settings.set_help_flag();
        add_settings(settings, line);
        const auto commands = std::as_const(cli).get_subcommands(nullptr);
        const std::string text = man_command->parsed() ? man_page(commands, settings)
                                                       : completion(line.shell, commands, settings);
        return std::fputs(text.c_str(), stdout) < 0 ? 1 : 0;
    }
    const auto secrets = wipe_secrets({argv, std::size_t(argc)});
    const auto values = gather(line.flags, line.config_file);
    if (!values) return say(values.error());
    if (config_command->parsed()) return show_config(*values);
    auto config = to_config(*values);
    if (!config) return say(config.error());
    if (line.verbose && !run_command->parsed()) config->log_level = telemetry::Level::debug;
    telemetry::set_level(config->log_level);
    warn_of_secrets(secrets);
    if (serve_command->parsed()) warn_of_unread(environment);
    if (serve_command->parsed()) {
        const auto reread = [&line]() -> Result<Config> {
            TRY(const Values now, gather(line.flags, line.config_file));
            return to_config(now);
        };
        return serve(*config, reread, line.opens_studio);
    }
    if (link_command->parsed()) return print_link(*config);
    if (worker_command->parsed()) {
        if (!line.queues.empty()) {
            auto served = read_served(line.queues, config->pools.pools);
            if (!served) return say(served.error());
            config->pools.served = *std::move(served);
        }
        return worker(*config);
    }
    if (user_command->parsed()) {
        line.user.command.role = line.role == "admin" ? http::Role::admin : http::Role::member;
        return user(*config, std::move(line.user));
    }
    if (capacity_command->parsed()) {
        std::set<std::string> chosen;
        for (const auto& [name, value] : line.flags) chosen.insert(name);
        return capacity(*config, line.capacity, chosen);
    }
    if (migrate_command->parsed()) return migrate(*config, line.status);
    if (openapi_command->parsed()) return print_openapi(*config);
    line.run.users_mask = users_mask;
    line.run.keep_data = values->find("data")->second.source != "default";
    // Beside progress bars, only what needs a person is worth a line.
    if (!line.verbose && values->find("log-level")->second.source == "default")
        telemetry::set_level(telemetry::Level::error);
    return run(std::move(*config), line.run);
}

}  // namespace

}  // namespace zoetrope::app

int main(int argc, char** argv) {
    try {
        return zoetrope::app::main(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "zoetrope: %s\n", error.what());
        return 1;
    }
}
