// Thrown when something we stand on is away (a database, a disk). The router answers 503, the queue
// tries again later.
#pragma once

#include <stdexcept>

namespace zoetrope {

struct Unavailable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace zoetrope
