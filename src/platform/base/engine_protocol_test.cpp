#include "platform/base/engine_protocol.hpp"

#include <gmock/gmock.h>

#include "platform/base/json/write.hpp"

namespace zoetrope::engine_protocol {
namespace {

std::string off(const auto& read) {
    if (read) return "accepted";
    return read.error().fields.empty() ? "malformed" : read.error().fields[0].field;
}

std::string off(const Order& order) { return off(read_order(json::to_string(order))); }
std::string off(const Report& report) { return off(read_report(json::to_string(report))); }

TEST(EngineProtocol, takes_orders_that_can_be_carried_out) {
    EXPECT_EQ(off(Order{.inputs = 2, .outputs = 5}), "accepted");
    EXPECT_EQ(off(Order{.inputs = -1}), "inputs");
    EXPECT_EQ(off(Order{.inputs = INT32_MAX, .outputs = INT32_MAX}), "inputs");
    EXPECT_EQ(off(Order{.inputs = 2, .outputs = 6}), "outputs");
    EXPECT_EQ(off(Order{.outputs = -1}), "outputs");
    EXPECT_EQ(off(Order{.cpu_s_max = 0}), "cpu_s_max");
    EXPECT_EQ(off(Order{.memory_mb_max = -1}), "memory_mb_max");
    EXPECT_EQ(off(read_order("[]")), "");
    EXPECT_EQ(off(read_order("")), "malformed");
}

TEST(EngineProtocol, takes_reports_that_can_be_shown) {
    EXPECT_EQ(off(Report{.progress = 1, .text = "x"}), "accepted");
    EXPECT_EQ(off(Report{.progress = 1.5}), "progress");
    EXPECT_EQ(off(Report{.progress = -0.1}), "progress");
    EXPECT_EQ(off(Report{.text = std::string(text_bytes_max + 1, 'x')}), "text");
    EXPECT_EQ(off(read_report("\xff")), "malformed");
}

}  // namespace
}  // namespace zoetrope::engine_protocol
