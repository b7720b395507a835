// What is thrown because nobody on the way can act on it. The router's one catch answers; the queue
// tries again later.
#pragma once

#include <stdexcept>

#include "platform/base/result.hpp"

namespace zoetrope {

// Something we stand on is away (a database, a disk): 503. what() is for the log, `shown` for the
// caller of the API.
struct Unavailable : std::runtime_error {
    explicit Unavailable(
        const std::string& what,
        std::string shown = "The server cannot reach its storage just now. Try again."
    )
        : std::runtime_error(what),
          shown(std::move(shown)) {}
    std::string shown;
};

// A refusal from below that the caller of the API can understand: a full disk, a name that is
// taken. The message is shown.
struct Refusal : std::runtime_error {
    explicit Refusal(Error why) : std::runtime_error(why.message), error(std::move(why)) {}
    Error error;
};

}  // namespace zoetrope
