// Settings by the names that FastAPI, Celery and their kind gave them, so that the environment of
// an older system works as it is.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace zoetrope::app {

// The value of an environment variable; nothing when it is not set, or empty.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

// A variable of this process by its name in capitals, or else in small letters, which pydantic took
// as well.
std::optional<std::string> environment(std::string_view name);

struct OldValue {
    std::string text;
    std::string variable;  // where it came from
};
// The value that an older variable gives a setting.
std::optional<OldValue> old_value(std::string_view setting, const Lookup& look);
// The value that older variables only imply, for a setting that nobody gave one: a list of
// addresses implies that nobody else registers.
std::optional<OldValue> implied_value(std::string_view setting, const Lookup& look);

// Says which variables are set that this release does not read yet.
void warn_of_unread(const Lookup& look);

}  // namespace zoetrope::app
