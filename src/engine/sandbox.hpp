// What a child may still do once it holds its descriptors: compute, read and write them, and end.
// No files, no network, no processes.
#pragma once

namespace zoetrope::engine {

struct SandboxLimits {
    int cpu_s_max;
    int memory_mb_max;     // beyond what is mapped already
    bool awaited = false;  // somebody waits for the answer: it is not put behind all other work
};

// Throws std::runtime_error when a layer that this kernel has cannot be applied.
void enter_sandbox(const SandboxLimits& limits);

}  // namespace zoetrope::engine
