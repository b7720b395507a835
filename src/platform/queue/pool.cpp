#include "platform/queue/pool.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace zoetrope::queue {

namespace {

constexpr std::int64_t size_limit = 10'000;  // workers; more is a slip of the finger
constexpr std::int64_t concurrency_limit = 1000;
constexpr std::int64_t prefetch_limit = 100;
constexpr std::int64_t tasks_limit = 1'000'000;

void expect(
    Error& error, const char* field, std::int64_t value, std::int64_t from, std::int64_t to
) {
    if (value < from || value > to)
        error.fields.push_back({field, fmt::format("must be from {} to {}", from, to)});
}

}  // namespace

Result<void> check(const PoolSettings& settings) {
    Error error{.code = Code::invalid, .message = "A pool cannot be like this."};
    expect(error, "size_max", settings.size_max, 1, size_limit);
    const std::int64_t most = std::clamp<std::int64_t>(settings.size_max, 1, size_limit);
    expect(error, "size_min", settings.size_min, 1, most);
    const std::int64_t least = std::clamp<std::int64_t>(settings.size_min, 1, most);
    expect(
        error,
        "size_desired",
        settings.size_desired,
        settings.size_min == least ? least : 1,  // what is said of the least is enough
        most
    );
    expect(error, "concurrency", settings.concurrency, 1, concurrency_limit);
    expect(error, "prefetch", settings.prefetch, 1, prefetch_limit);
    expect(error, "tasks_per_child", settings.tasks_per_child, 1, tasks_limit);
    if (!error.fields.empty()) return std::unexpected(std::move(error));
    return {};
}

std::int64_t wanted_size(
    const PoolSettings& settings, const DepthRule& rule, std::int64_t waiting
) {
    if (!rule.is_on) return settings.size_desired;
    if (waiting > rule.deep) return settings.size_max;
    if (waiting > rule.filled) return settings.size_desired;
    return settings.size_min;
}

std::optional<PoolDecision> decide(
    const PoolSettings& settings,
    const DepthRule& rule,
    const PoolState& state,
    std::int64_t waiting,
    Instant now
) {
    const std::int64_t allowed = std::clamp(state.size, settings.size_min, settings.size_max);
    const std::int64_t wanted = wanted_size(settings, rule, waiting);
    if (!rule.is_on) {
        if (wanted == state.size) return std::nullopt;
        return PoolDecision{wanted, "the autoscaler is off"};
    }
    if (wanted > allowed) {
        const std::int64_t passed = waiting > rule.deep ? rule.deep : rule.filled;
        return PoolDecision{wanted, fmt::format("more than {} wait", passed)};
    }
    if (allowed != state.size) return PoolDecision{allowed, "its limits were changed"};
    if (wanted == state.size || now < state.busy_at + rule.cool_down) return std::nullopt;
    const std::int64_t passed = wanted == settings.size_min ? rule.filled : rule.deep;
    return PoolDecision{
        wanted, fmt::format("no more than {} waited for {} s", passed, rule.cool_down.count())
    };
}

std::int64_t share_of(std::int64_t size, std::size_t index, std::size_t nodes) {
    const auto all = std::int64_t(nodes);
    return size / all + (std::int64_t(index) < size % all ? 1 : 0);
}

}  // namespace zoetrope::queue
