#include "app/pools.hpp"

#include <algorithm>
#include <charconv>

#include "platform/base/text.hpp"
#include "platform/http/request.hpp"

namespace zoetrope::app {

namespace {

using queue::PoolSettings;

// What each is for, and how long its tasks take, say how many of them are held beforehand: few of
// those that take long, so that another node finds some.
std::vector<PoolSettings> house_pools() {
    return {
        {.name = "batch_processing",
         .size_min = 1,
         .size_desired = 4,
         .size_max = 10,
         .concurrency = 4,
         .prefetch = 1,
         .tasks_per_child = 50},
        {.name = "maintenance",
         .size_min = 1,
         .size_desired = 2,
         .size_max = 3,
         .concurrency = 2,
         .prefetch = 4,
         .tasks_per_child = 1000},
        {.name = "model_generation",
         .size_min = 5,
         .size_desired = 20,
         .size_max = 50,
         .concurrency = 8,
         .prefetch = 2,
         .tasks_per_child = 100},
        {.name = "priority",
         .size_min = 2,
         .size_desired = 3,
         .size_max = 5,
         .concurrency = 4,
         .prefetch = 1,
         .tasks_per_child = 100}
    };
}

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> out;
    while (true) {
        const std::size_t end = text.find(at);
        out.push_back(http::trim(text.substr(0, end)));
        if (end == text.npos) return out;
        text.remove_prefix(end + 1);
    }
}

bool read_number(std::string_view text, std::int64_t& to) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
    return error == std::errc{} && end == text.data() + text.size();
}

bool read_sizes(std::string_view text, PoolSettings& to) {
    const auto sizes = split(text, '/');
    return sizes.size() == 3 && read_number(sizes[0], to.size_min) &&
           read_number(sizes[1], to.size_desired) && read_number(sizes[2], to.size_max);
}

bool read_option(std::string_view text, PoolSettings& to) {
    const std::size_t sign = text.find('=');
    if (sign == text.npos) return false;
    const std::string_view name = http::trim(text.substr(0, sign));
    const std::string_view value = http::trim(text.substr(sign + 1));
    if (name == "concurrency") return read_number(value, to.concurrency);
    if (name == "prefetch") return read_number(value, to.prefetch);
    if (name == "tasks_per_child") return read_number(value, to.tasks_per_child);
    return false;
}

bool is_name(std::string_view text) {
    constexpr std::size_t name_max = 64;
    return !text.empty() && text.size() <= name_max && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

// `name=1/2/4,concurrency=8` into one of `pools`, or another. Without sizes it keeps those that it
// has; another has 2 to 10.
Result<void> read_pool(std::string_view text, std::vector<PoolSettings>& pools) {
    const auto parts = split(text, ',');
    const std::size_t sign = std::min(parts[0].find('='), parts[0].size());
    const std::string name(http::trim(parts[0].substr(0, sign)));
    auto pool = std::ranges::find(pools, name, &PoolSettings::name);
    if (pool == pools.end()) pool = pools.insert(pools.end(), PoolSettings{.name = name});
    const bool has_sizes = sign < parts[0].size();
    bool good = is_name(name) && (!has_sizes || read_sizes(parts[0].substr(sign + 1), *pool));
    for (std::size_t i = 1; i < parts.size(); ++i) good = good && read_option(parts[i], *pool);
    if (!good) {
        return invalid(
            std::string(text),
            "must be like model_generation=5/20/50,concurrency=8,prefetch=2,tasks_per_child=100"
        );
    }
    if (const auto checked = queue::check(*pool); !checked) {
        const FieldError& first = checked.error().fields.front();
        return invalid(name, first.field + " " + first.message);
    }
    return {};
}

}  // namespace

Result<std::vector<queue::PoolSettings>> read_pools(std::string_view text) {
    std::vector<PoolSettings> pools = house_pools();
    for (const std::string_view each : split(text, ';')) {
        if (!each.empty()) CHECK(read_pool(each, pools));
    }
    return pools;
}

Result<std::vector<queue::OwnSlots>> read_served(
    std::string_view text, const std::vector<queue::PoolSettings>& pools
) {
    constexpr std::int64_t slots_max = 10'000;
    std::vector<queue::OwnSlots> out;
    for (const std::string_view each : split(text, ',')) {
        const std::size_t sign = std::min(each.find('='), each.size());
        const std::string name(http::trim(each.substr(0, sign)));
        std::int64_t slots = 0;
        const bool counted = sign < each.size();
        if (std::ranges::find(pools, name, &PoolSettings::name) == pools.end())
            return invalid("--queues", "names '" + name + "', which is no queue of the settings");
        if (counted && (!read_number(http::trim(each.substr(sign + 1)), slots) || slots < 1 ||
                        slots > slots_max))
            return invalid(
                "--queues",
                "must be like model_generation=8,priority=4, not '" + std::string(each) + "'"
            );
        out.push_back({name, unsigned(slots)});
    }
    return out;
}

}  // namespace zoetrope::app
