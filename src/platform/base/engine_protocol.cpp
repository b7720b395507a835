#include "platform/base/engine_protocol.hpp"

#include "platform/base/json/read.hpp"

namespace zoetrope::engine_protocol {

Result<Order> read_order(std::string_view packet) {
    constexpr int sum_max = int(descriptors_max) - 1;  // the first one is the channel
    TRY(Order order, json::read<Order>(packet));
    if (order.inputs < 0 || order.inputs > sum_max) return invalid("inputs", "is out of range");
    if (order.outputs < 0 || order.outputs > sum_max - order.inputs)
        return invalid("outputs", "is out of range");
    if (order.cpu_s_max < 1) return invalid("cpu_s_max", "must be at least 1");
    if (order.memory_mb_max < 1) return invalid("memory_mb_max", "must be at least 1");
    return order;
}

Result<Report> read_report(std::string_view packet) {
    TRY(Report report, json::read<Report>(packet));
    if (report.progress < 0 || report.progress > 1) return invalid("progress", "must be 0 to 1");
    if (report.text.size() > text_bytes_max) return invalid("text", "is too long");
    return report;
}

}  // namespace zoetrope::engine_protocol
