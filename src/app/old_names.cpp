#include "app/old_names.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "platform/telemetry/log.hpp"

namespace zoetrope::app {

namespace {

constexpr std::string_view url = "DATABASE_URL";
constexpr std::string_view kept_min = "DB_POOL_MIN_CONN";
constexpr std::string_view kept_max = "DB_POOL_MAX_CONN";
constexpr std::string_view allowed = "ALLOWED_EMAILS";

// Providers and Redis come with later releases.
constexpr std::string_view unread[] = {
    "REDIS_URL",
    "FAL_KEY",
    "OPENAI_API_KEY",
    "MAX_CONCURRENT_SUBMITS",
    "MAX_CONCURRENT_POLLS",
    "max_concurrent_submits",
    "max_concurrent_polls",
};

// pydantic reads lists as JSON: `["ann@example.com"]`.
bool is_of_json_list(char c) { return c == '[' || c == ']' || c == '"'; }

std::optional<int> number(const std::optional<std::string>& text) {
    if (!text) return std::nullopt;
    int out = 0;
    const char* end = text->data() + text->size();
    const auto read = std::from_chars(text->data(), end, out);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return out;
}

// The old pool opened up to `max` connections and kept `min`; ours keeps the pool's size and opens
// an overflow. What is no number is passed on, and refused under its own name.
std::optional<OldValue> pool_value(std::string_view setting, const Lookup& look) {
    const auto min = look(kept_min), max = look(kept_max);
    if (setting == "db-pool-size") {
        if (min) return OldValue{*min, std::string(kept_min)};
        if (max) return OldValue{*max, std::string(kept_max)};
        return std::nullopt;
    }
    if (!max) return std::nullopt;
    const auto kept = number(min), most = number(max);
    if (min && (!kept || !most)) return OldValue{*max, std::string(kept_max)};
    const int overflow = min ? std::max(0, *most - *kept) : 0;
    return OldValue{std::to_string(overflow), std::string(kept_max)};
}

}  // namespace

std::optional<std::string> environment(std::string_view name) {
    std::string variable(name);
    const char* text = std::getenv(variable.c_str());
    if (!text) {
        for (char& c : variable) c = c >= 'A' && c <= 'Z' ? char(c | 0x20) : c;
        text = std::getenv(variable.c_str());
    }
    if (!text || !*text) return std::nullopt;
    return text;
}

std::optional<OldValue> old_value(std::string_view setting, const Lookup& look) {
    const auto as_it_is = [&look](std::string_view variable) -> std::optional<OldValue> {
        if (auto text = look(variable)) return OldValue{*std::move(text), std::string(variable)};
        return std::nullopt;
    };
    if (setting == "database") return as_it_is(url);
    if (setting == "auth-allowed-emails") {
        auto emails = as_it_is(allowed);
        if (emails) std::erase_if(emails->text, is_of_json_list);
        return emails;
    }
    if (setting == "db-pool-size" || setting == "db-pool-overflow")
        return pool_value(setting, look);
    return std::nullopt;
}

std::optional<OldValue> implied_value(std::string_view setting, const Lookup& look) {
    if (setting == "auth-registration" && look(allowed))
        return OldValue{"allow_list", std::string(allowed)};
    return std::nullopt;
}

void warn_of_unread(const Lookup& look) {
    for (const std::string_view name : unread)
        if (look(name))
            telemetry::warn("{} is set, and no part of this release reads it yet", name);
}

}  // namespace zoetrope::app
