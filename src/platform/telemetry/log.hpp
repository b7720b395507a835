// One line per thing worth telling, on stderr. Levels: error (we failed), warn (somebody should
// look), info (life of the process), debug (each request). What stands in a line may come from
// anybody: it stays one line, without control characters (see escaped_line), and is cut where it is
// endless.
#pragma once

#include <fmt/core.h>

#include <string_view>

namespace zoetrope::telemetry {

enum class Level : unsigned char { debug, info, warn, error, off };

void set_level(Level level);
bool is_on(Level level);
void write_line(Level level, std::string_view line);

template <class... A>
void write(Level level, fmt::format_string<A...> format, A&&... args) {
    if (is_on(level)) write_line(level, fmt::format(format, std::forward<A>(args)...));
}
template <class... A>
void debug(fmt::format_string<A...> format, A&&... args) {
    write(Level::debug, format, std::forward<A>(args)...);
}
template <class... A>
void info(fmt::format_string<A...> format, A&&... args) {
    write(Level::info, format, std::forward<A>(args)...);
}
template <class... A>
void warn(fmt::format_string<A...> format, A&&... args) {
    write(Level::warn, format, std::forward<A>(args)...);
}
template <class... A>
void error(fmt::format_string<A...> format, A&&... args) {
    write(Level::error, format, std::forward<A>(args)...);
}

}  // namespace zoetrope::telemetry
