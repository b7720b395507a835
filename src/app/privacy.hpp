// Keeps what the process holds from the other users of its machine: new files, memory and
// command line.
#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <vector>

namespace zoetrope::app {

// First thing in every command: new files are the user's alone, no core file is written, and no
// process of the same user may read this one's memory (a sanitizer must, so its builds let it).
// Returns the umask that the user had.
mode_t keep_private();

// Overwrites the secrets among the arguments, which every user of the machine can read for as long
// as the process lives. Returns the flags that had one.
std::vector<std::string> wipe_secrets(std::span<char*> arguments);

}  // namespace zoetrope::app
