#include <signal.h>

#include <cstdio>
#include <cstdlib>

#include "app/app.hpp"
#include "app/commands/commands.hpp"

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

int serve(const Config& config) {
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    pthread_sigmask(
        SIG_BLOCK, &ending, nullptr
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
    if (const std::string link = (*app)->setup_link(); !link.empty())
        std::printf(
            "It serves only this machine until it has accounts; make the first at %s\n",
            link.c_str()
        );
    std::fflush(stdout);

    int signal = 0;
    sigwait(&ending, &signal);
    telemetry::info(
        "stopping: open requests may finish, running generations go on at the next start"
    );
    pthread_sigmask(SIG_UNBLOCK, &ending, nullptr);  // a second Ctrl-C ends it at once
    (*app)->stop();
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
    std::filesystem::remove_all(folder);
    return code;
}

}  // namespace zoetrope::app
