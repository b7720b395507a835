// The child's line to the server: progress while it works, one last word at the end.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

#include "platform/base/engine_protocol.hpp"

namespace zoetrope::engine {

// The picture's fault: a plain sentence for its owner. Anything else that is thrown is the engine's
// fault.
struct Refused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Channel {
  public:
    explicit Channel(int socket) : socket_(socket) {}

    // At most ten a second; the first of a stage always goes out.
    void progress(double done, const std::string& stage);
    void finish(
        engine_protocol::ReportKind kind,
        const std::string& text,
        const std::string& result = "null"
    );

  private:
    void send(engine_protocol::Report report);

    int socket_;
    std::string stage_;
    std::chrono::steady_clock::time_point last_{};
};

}  // namespace zoetrope::engine
