#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "app/app.hpp"
#include "app/commands/commands.hpp"
#include "app/descriptors.hpp"

namespace zoetrope::app {

int say(const Error& error) {
    if (error.fields.empty()) {
        std::fprintf(stderr, "zoetrope: %s\n", error.message.c_str());
    }
    for (const FieldError& field : error.fields) {
        std::fprintf(stderr, "zoetrope: %s %s.\n", field.field.c_str(), field.message.c_str());
    }
    return error.code == Code::invalid ? 2 : 1;
}

// What may change while the server runs; the rest waits for the next start.
static void reload(App& app, const Result<Config>& fresh) {
    if (!fresh) {
        telemetry::error("the settings cannot be used, so nothing is changed:");
        say(fresh.error());
        return;
    }
    telemetry::set_level(fresh->log_level);
    app.admit(fresh->accounts.admission);
    telemetry::info(
        "read again: auth-registration, auth-allowed-emails, auth-require-verified-email, "
        "log-level"
    );
}

static void fit_connections(http::Limits& limits) {
    const std::size_t files = raise_file_limit();
    const std::size_t fit = connections_within(files, limits.connections_max);
    constexpr std::size_t plenty = 1000;  // for a server that nobody tuned
    if (fit < std::min(plenty, limits.connections_max)) {
        telemetry::warn(
            "connections-max is {} instead of {}: the process may open {} files (raise "
            "LimitNOFILE or `ulimit -Hn`)",
            fit,
            limits.connections_max,
            files
        );
    }
    limits.connections_max = fit;
}

// Beside the server: a browser that does not come up is nothing to end for.
static void open_in_browser(const std::string& url) {
    std::string program = "xdg-open";
    std::string argument = url;
    char* words[] = {program.data(), argument.data(), nullptr};
    pid_t child = 0;
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    const int failed = posix_spawnp(&child, program.c_str(), nullptr, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    if (failed != 0)
        telemetry::warn("no browser can be opened here ({}); open {}", std::strerror(failed), url);
}

// Warns when the cut-out network is missing: otherwise people only see that no photo has a subject.
static void look_for_network(const std::string& file) {
    if (::access(file.c_str(), R_OK) == 0) return;
    telemetry::warn(
        "the cut-out network is not at '{}': videos move as one sheet, and models are reliefs. Run "
        "scripts/setup in the checkout, or say where it is with --matte-weights",
        file
    );
}

int serve(Config config, const std::function<Result<Config>()>& reread, bool opens_studio) {
    fit_connections(config.server.limits);
    if (config.workers_embedded) look_for_network(config.matte_weights);
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGINT);
    sigaddset(&awaited, SIGTERM);
    // In a terminal it says that the terminal was closed, and ends the server as anything else
    // there.
    if (!isatty(STDIN_FILENO)) sigaddset(&awaited, SIGHUP);
    pthread_sigmask(
        SIG_BLOCK, &awaited, nullptr
    );  // before the threads start: they inherit it, and only we wait
    signal(SIGPIPE, SIG_IGN);

    auto app = App::open(config);
    if (!app) return say(app.error());
    if (const auto listening = (*app)->listen(); !listening) return say(listening.error());
    (*app)->start();
    std::printf(
        "Zoetrope is ready at http://%s:%u\n",
        config.server.address.c_str(),
        unsigned((*app)->port())
    );
    std::printf("Its data is in %s. Stop it with Ctrl-C.\n", config.data.c_str());
    if (const std::string link = (*app)->studio_link(); !link.empty())
        std::printf(
            "Open the studio: %s\n"
            "It serves only you on this machine until it has accounts; make the first at %s\n",
            link.c_str(),
            (*app)->setup_link().c_str()
        );
    std::fflush(stdout);
    if (opens_studio) {
        const std::string link = (*app)->studio_link();
        open_in_browser(link.empty() ? (*app)->setup_link() : link);
    }

    int signal = 0;
    while (sigwait(&awaited, &signal) == 0 && signal == SIGHUP) reload(**app, reread());
    telemetry::info(
        "stopping: open requests may finish, running generations go on at the next start"
    );
    pthread_sigmask(SIG_UNBLOCK, &awaited, nullptr);  // a second Ctrl-C ends it at once
    (*app)->stop();
    return 0;
}

int print_link(const Config& config) {
    const std::string link = read_link(config.data);
    if (link.empty()) {
        return say(
            {.code = Code::not_found,
             .message = "There is no link in " + config.data.string() +
                        ": no server without accounts runs there. Start one with `zoetrope serve`; "
                        "a server with accounts asks people to sign in."}
        );
    }
    std::puts(link.c_str());
    return 0;
}

int print_openapi(const Config& config) {
    Config aside = config;
    aside.postgres.url.clear();
    char folder[] = "/tmp/zoetrope-XXXXXX";
    if (!mkdtemp(folder))
        return say({.code = Code::unavailable, .message = "No temporary folder can be made."});
    aside.data = folder;
    int code = 0;
    if (const auto app = App::open(aside)) {
        std::printf("%s\n", (*app)->router().openapi(ZOETROPE_VERSION).c_str());
    } else {
        code = say(app.error());
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    return code;
}

}  // namespace zoetrope::app
