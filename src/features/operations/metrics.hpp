#pragma once

#include "features/operations/operations.hpp"

namespace zoetrope::operations {

// What Prometheus scrapes, in its text format (version 0.0.4).
std::string metrics_text(const Deps& deps);

}  // namespace zoetrope::operations
