// The operations. Each takes its inputs and outputs as descriptors and returns its result as JSON.
// Throws Refused when the picture is at fault.
#pragma once

#include <string>
#include <vector>

#include "engine/channel.hpp"
#include "platform/base/engine_protocol.hpp"

namespace zoetrope::engine {

struct Task {
    const engine_protocol::Order& order;
    std::vector<int> inputs;
    std::vector<int> outputs;
    Channel& channel;
};

std::string probe(const Task& task);
std::string matte(const Task& task);
std::string parallax(const Task& task);
std::string mesh(const Task& task);

}  // namespace zoetrope::engine
