// `zoetrope worker`: the tasks of some queues, in a process of their own beside those that serve.
#include <signal.h>

#include <cstdio>

#include "app/app.hpp"
#include "app/commands/commands.hpp"
#include "app/descriptors.hpp"

namespace zoetrope::app {

namespace {

constexpr std::chrono::milliseconds look_pause{50};  // whether all tasks are over

// Until all is done, its time is over, or another signal comes.
void let_finish(App& app, const sigset_t& signals, std::chrono::seconds time_max) {
    const auto end = std::chrono::steady_clock::now() + time_max;
    const timespec pause{0, std::chrono::nanoseconds(look_pause).count()};
    while (!app.pools_are_idle() && std::chrono::steady_clock::now() < end) {
        if (sigtimedwait(&signals, nullptr, &pause) > 0) return;
    }
}

}  // namespace

int worker(const Config& config) {
    if (!config.on_postgres()) {
        return say(
            {.code = Code::invalid,
             .fields =
                 {{"--database",
                   "must be the PostgreSQL database of the servers that it works for: "
                   "postgres://... "
                   "With SQLite `zoetrope serve` does all the work itself"}}}
        );
    }
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGINT);
    sigaddset(&awaited, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &awaited, nullptr);  // before the threads start: they inherit it
    signal(SIGPIPE, SIG_IGN);

    raise_file_limit();
    Config working = config;
    working.workers_embedded = true;
    const auto app = App::open(working);
    if (!app) return say(app.error());
    (*app)->start();
    std::printf("Working. Stop it with Ctrl-C; a second one hands back what still runs.\n");
    std::fflush(stdout);

    int signal = 0;
    sigwait(&awaited, &signal);
    const auto time_max = config.server.limits.drain;
    telemetry::info(
        "stopping: what runs may finish within {} s, the rest is handed back", time_max.count()
    );
    (*app)->close_pools();
    let_finish(**app, awaited, time_max);
    (*app)->stop();
    return 0;
}

}  // namespace zoetrope::app
