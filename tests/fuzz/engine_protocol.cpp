// The engine's protocol, as each side reads it: what is accepted is within bounds and means the
// same when it is written again. Input: which side reads, then the packet.
#include "platform/base/engine_protocol.hpp"

#include "platform/base/json/write.hpp"
#include "tests/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    namespace json = zoetrope::json;
    namespace ep = zoetrope::engine_protocol;
    using zoetrope::fuzz::must;
    std::string_view packet = zoetrope::fuzz::as_text(bytes, size);
    if (zoetrope::fuzz::take_choice(packet, 2) == 0) {
        const auto order = ep::read_order(packet);
        if (!order) return 0;
        must(order->inputs >= 0 && order->outputs >= 0);
        must(std::size_t(order->inputs) + std::size_t(order->outputs) < ep::descriptors_max);
        must(order->cpu_s_max > 0 && order->memory_mb_max > 0);
        const std::string written = json::to_string(*order);
        const auto again = ep::read_order(written);
        must(again && json::to_string(*again) == written);
    } else {
        const auto report = ep::read_report(packet);
        if (!report) return 0;
        must(report->progress >= 0 && report->progress <= 1);
        must(report->text.size() <= ep::text_bytes_max);
        const std::string written = json::to_string(*report);
        const auto again = ep::read_report(written);
        must(again && json::to_string(*again) == written);
    }
    return 0;
}
