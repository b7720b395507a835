// File descriptors: each connection takes one, and a second while it streams a file.
#pragma once

#include <cstddef>

namespace zoetrope::app {

// Raises the process's soft limit of open files to its hard one, and returns it.
std::size_t raise_file_limit();

// Connections that so many files allow, at most `wanted`: databases, engines and files at work keep
// a reserve, so that a flood of connections does not take theirs.
std::size_t connections_within(std::size_t files_max, std::size_t wanted);

}  // namespace zoetrope::app
