// The commands of the binary. Exit codes: 0 done, 1 it failed, 2 it was asked wrongly.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/config.hpp"
#include "features/accounts/administration.hpp"

namespace zoetrope::app {

struct RunOptions {
    std::vector<std::string> photos;
    std::string to = "video,3d";
    std::string motion = "orbit";
    double duration_s = 4;
    std::string resolution = "720p";
    double size_mm = 100;
    std::string back = "plain";
    std::string out = "out";
    bool json = false;
    mode_t users_mask = 0;   // what is made is the user's, as other files of theirs are
    bool keep_data = false;  // --data was given: what is made stays in that library
};

// `reread` says what the settings are now; asked at SIGHUP, unless stdin is a terminal.
// `opens_studio`: in the person's browser.
int serve(Config config, const std::function<Result<Config>()>& reread, bool opens_studio);
// Runs the tasks of some queues until it is told to stop, which lets them finish for a while.
int worker(const Config& config);
int run(Config config, const RunOptions& options);
int show_config(const Values& values);
// Prints the link that lets a browser into a server without accounts.
int print_link(const Config& config);
int print_openapi(const Config& config);
int migrate(const Config& config, bool only_status);
struct UserOptions {
    accounts::UserCommand command;
    bool password_from_input = false;
    bool json = false;
};
int user(const Config& config, UserOptions options);

struct CapacityOptions {
    bool simulate = false;
    std::vector<double> times = {1, 10, 100};  // the load
    std::optional<double> arrivals_per_min;    // instead of what was measured
    std::int64_t at_once = 0;
    double minutes = 10;
    bool json = false;
};
// `chosen`: the names of settings that were given for this command; they are taken instead of the
// server's.
int capacity(
    const Config& config, const CapacityOptions& options, const std::set<std::string>& chosen
);

// An error as a person reads it, on stderr; returns the exit code.
int say(const Error& error);

}  // namespace zoetrope::app
