#include "platform/telemetry/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "platform/base/text.hpp"

namespace zoetrope::telemetry {

namespace {

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warn:
            return spdlog::level::warn;
        case Level::error:
            return spdlog::level::err;
        case Level::off:
            break;
    }
    return spdlog::level::off;
}

spdlog::logger& logger() {
    static const auto made = [] {
        auto logger = spdlog::stderr_color_mt("zoetrope");
        logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
        return logger;
    }();
    return *made;
}

}  // namespace

void set_level(Level level) { logger().set_level(to_spdlog(level)); }
bool is_on(Level level) { return logger().should_log(to_spdlog(level)); }

void write_line(Level level, std::string_view line) {
    constexpr std::size_t bytes_max =
        4096;  // nobody reads on, and a flood of such lines stays small
    std::string shown = escaped_line(line.substr(0, bytes_max));
    if (line.size() > bytes_max)
        shown += fmt::format("... and {} bytes more", line.size() - bytes_max);
    logger().log(to_spdlog(level), "{}", shown);
}

}  // namespace zoetrope::telemetry
