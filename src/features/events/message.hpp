#pragma once

#include "features/events/events.hpp"
#include "platform/base/json/write.hpp"

namespace zoetrope::events {

// Tells the client to fetch everything again.
inline constexpr std::string_view resync_message = "data: {\"type\":\"resync\"}\n\n";

// `id: 42\ndata: {...}\n\n` (WHATWG HTML, 9.2.6)
std::string sse_message(const Event& event);

}  // namespace zoetrope::events
