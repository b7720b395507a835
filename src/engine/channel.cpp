#include "engine/channel.hpp"

#include <sys/socket.h>

#include "platform/base/json/write.hpp"
#include "platform/base/text.hpp"

namespace zoetrope::engine {

void Channel::progress(double done, const std::string& stage) {
    const auto now = std::chrono::steady_clock::now();
    if (stage == stage_ && now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    stage_ = stage;
    send({.kind = engine_protocol::ReportKind::progress, .progress = done, .text = stage});
}

void Channel::finish(
    engine_protocol::ReportKind kind, const std::string& text, const std::string& result
) {
    send({.kind = kind, .progress = 1, .text = text, .result = {result}});
}

void Channel::send(engine_protocol::Report report) {
    // A library's words may be long, and may not be text at all.
    report.text = valid_utf8(report.text.substr(0, engine_protocol::text_bytes_max / 3));
    const std::string packet = json::to_string(report);
    ::send(socket_, packet.data(), packet.size(), MSG_NOSIGNAL);
}

}  // namespace zoetrope::engine
