// The scripts by which shells complete the command line, and its page for man: both are made from
// the options that CLI11 knows.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace zoetrope::app {

enum class Shell : std::uint8_t { bash, zsh, fish };

// The script that completes commands, options and their choices. `settings`: options that every
// command takes; they are listed once.
std::string completion(
    Shell shell, const std::vector<const CLI::App*>& commands, const CLI::App& settings
);
// A page for man(1), in roff.
std::string man_page(const std::vector<const CLI::App*>& commands, const CLI::App& settings);

}  // namespace zoetrope::app
