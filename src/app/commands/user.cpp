#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "app/app.hpp"
#include "app/commands/commands.hpp"
#include "app/control.hpp"

namespace zoetrope::app {

namespace {

const char* word(http::Role role) { return role == http::Role::admin ? "admin" : "member"; }

void print(const accounts::UserReport& report) {
    std::size_t widest = 4;
    for (const accounts::User& user : report.users) widest = std::max(widest, user.username.size());
    for (const accounts::User& user : report.users) {
        std::printf(
            "%6lld  %-*s  %-6s  %s%s\n",
            static_cast<long long>(user.id.value),
            int(widest),
            user.username.c_str(),
            word(user.role),
            user.email.value_or("").c_str(),
            user.disabled_at ? "  (disabled)" : ""
        );
    }
    if (!report.password.empty())
        std::printf("The password, shown this once: %s\n", report.password.c_str());
}

// With no server beside it: on SQLite the folder is free, on PostgreSQL anybody may come.
Result<accounts::UserReport> do_it_here(
    const Config& config, const accounts::UserCommand& command
) {
    TRY(const auto app, App::open(config));
    return app->administer(command);
}

}  // namespace

int user(const Config& config, UserOptions options) {
    accounts::UserCommand& command = options.command;
    if (options.password_from_input) std::getline(std::cin, command.password);
    auto asked =
        ask_server_for<accounts::UserReport>(config.data, "user", json::to_string(command));
    const auto report = asked ? *std::move(asked) : do_it_here(config, command);
    if (!report) return say(report.error());
    if (options.json) {
        std::puts(json::to_string(*report).c_str());
        return 0;
    }
    print(*report);
    if (command.action == accounts::UserAction::list && report->users.empty())
        std::puts(
            "There are no accounts: the server serves only you on this machine. Make the first "
            "with "
            "`zoetrope user add NAME EMAIL --role admin`."
        );
    if (command.action == accounts::UserAction::erase)
        std::puts("The account is erased. What it owned goes within minutes, while a server runs.");
    return 0;
}

}  // namespace zoetrope::app
