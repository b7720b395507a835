#include "platform/queue/pools.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "platform/base/json/read.hpp"
#include "platform/base/json/write.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::queue {

constexpr std::int64_t shown_max = 100'000;  // of what waits; nobody reads further digits

Pools::Pools(
    PoolsConfig config,
    const Handlers& handlers,
    Node& node,
    db::Pool& db,
    const Clock& clock,
    asio::io_context& io,
    db::Notices* notices
)
    : config_(std::move(config)),
      node_(node),
      db_(db),
      clock_(clock),
      notices_(notices),
      looks_(io, config_.look) {
    for (const PoolSettings& each : config_.pools) {
        const WorkersConfig workers{
            .queue = each.name,
            .slots = 0,  // until the node's share is known
            .held_max = each.name == maintenance ? 0 : config_.held_max,
            .running_per_owner = each.name == maintenance ? 0 : config_.running_per_owner
        };
        pools_[each.name].reset(new Pool{
            .configured = each,
            .settings = each,
            .workers = Workers(workers, handlers, node, db, clock, io)
        });
    }
    for (auto& [name, pool] : pools_) pool->served = config_.served.empty();
    for (const OwnSlots& each : config_.served) {
        Pool& pool = *pools_.find(each.queue)->second;
        pool.served = true;
        pool.own_slots = each.slots;
    }
    if (notices_) listen(*notices_);
}

// As a node says that it serves a queue: by its name, or with slots of its own, `priority=4`.
static bool is_served_by(const Peer& peer, const std::string& queue) {
    return std::ranges::any_of(peer.queues, [&](const std::string& said) {
        return said == queue || said.starts_with(queue + "=");
    });
}

void Pools::start() {
    for (auto& [name, pool] : pools_) {
        if (!pool->served) continue;
        const std::string slots = pool->own_slots ? "=" + std::to_string(pool->own_slots) : "";
        node_.serve(name + slots);
        pool->workers.start();
    }
    node_.tell([this] { looks_.hurry(); });
    looks_.start([this] { return look(); });
}

void Pools::close() {
    for (auto& [name, pool] : pools_) pool->workers.close();
}

bool Pools::idle() const {
    return std::ranges::all_of(pools_, [](const auto& each) {
        return each.second->workers.idle();
    });
}

void Pools::stop() {
    looks_.stop();
    for (auto& [name, pool] : pools_) pool->workers.stop();
}

// What nodes tell each other.
constexpr std::string_view wake_word = "wake";  // a queue
constexpr std::string_view stop_word = "stop";  // a task

void Pools::listen(db::Notices& notices) {
    notices.listen(std::string(wake_word), [this](std::string_view queue) {
        const auto pool = pools_.find(queue);
        if (pool != pools_.end()) pool->second->workers.wake();
    });
    notices.listen(std::string(stop_word), [this](std::string_view text) {
        if (const auto task = json::read<TaskId>(text)) interrupt_here(*task);
    });
}

void Pools::wake(std::string_view queue) {
    const auto pool = pools_.find(queue);
    if (pool == pools_.end()) return;  // of remote workers, who look themselves
    pool->second->workers.wake();
    if (notices_) notices_->tell(wake_word, queue);
}

void Pools::wake_all() {
    for (auto& [name, pool] : pools_) wake(name);
}

void Pools::interrupt(TaskId task) {
    interrupt_here(task);
    if (notices_) notices_->tell(stop_word, std::to_string(task.value));
}

void Pools::interrupt_here(TaskId task) {
    for (auto& [name, pool] : pools_) pool->workers.interrupt(task);
}

std::vector<std::string> Pools::names() const {
    std::vector<std::string> out;
    out.reserve(pools_.size());
    for (const auto& [name, pool] : pools_) out.push_back(name);
    return out;
}

std::int64_t Pools::tasks_per_child(std::string_view queue) const {
    return pools_.find(queue)->second->settings.tasks_per_child;
}

Async<void> Pools::look() {
    if (node_.id() == NodeId{}) co_return;
    try {
        auto rows = co_await list_pools(db_, config_.rule.deep + 1);
        for (const auto& [name, pool] : pools_) {
            if (std::ranges::find(rows, name, &PoolRow::name) != rows.end()) continue;
            co_await add_pool(db_, pool->configured, clock_.now());
            looks_.hurry();
        }
        for (const PoolRow& row : rows) co_await follow(row);
    } catch (const std::exception& error) {
        telemetry::warn("the pools stay as they are: {}", error.what());
    }
}

static PoolSettings settings_of(const PoolRow& row, const PoolSettings& configured) {
    if (!row.settings) return configured;
    auto changed = json::read<PoolSettings>(*row.settings);
    return changed ? *std::move(changed) : configured;
}

Async<void> Pools::follow(const PoolRow& row) {
    const auto found = pools_.find(row.name);
    if (found == pools_.end()) co_return;  // another node's
    Pool& pool = *found->second;
    pool.settings = settings_of(row, pool.configured);
    const bool decided_here = decides(row.name);
    give_share(
        pool, decided_here ? co_await sized(pool, pool.settings, row, node_.peers()) : row.size
    );
}

// One node for each pool, so that nodes that are configured differently do not take turns.
bool Pools::decides(const std::string& queue) const {
    const auto& peers = node_.peers();
    const auto first =
        std::ranges::find_if(peers, [&](const Peer& peer) { return is_served_by(peer, queue); });
    return first != peers.end() && first->id == node_.id();
}

// Tasks that all nodes together take at a time.
static std::int64_t capacity_of(
    const PoolSettings& settings, std::int64_t size, const std::vector<Peer>& peers
) {
    constexpr std::int64_t slots_max = 10'000;  // of one node, as `worker --queues` takes them
    std::int64_t own = 0;
    bool shared = false;
    for (const Peer& peer : peers) {
        for (const std::string& said : peer.queues) {
            shared = shared || said == settings.name;
            if (said.starts_with(settings.name + "=")) {
                std::int64_t slots = 0;
                const char* digits = said.data() + settings.name.size() + 1;
                std::from_chars(digits, said.data() + said.size(), slots);
                own += std::clamp<std::int64_t>(slots, 0, slots_max);
            }
        }
    }
    return (shared || own == 0 ? size * settings.concurrency : 0) + own;
}

// Its size from now on.
Async<std::int64_t> Pools::sized(
    Pool& pool, const PoolSettings& settings, const PoolRow& row, const std::vector<Peer>& peers
) {
    const Instant now = clock_.now();
    if (const auto decision =
            decide(settings, config_.rule, {row.size, row.busy_at}, row.waiting, now)) {
        const std::int64_t capacity = capacity_of(settings, decision->size, peers);
        if (co_await resize_pool(db_, row, *decision, capacity, now)) {
            ++(decision->size > row.size ? pool.grown : pool.shrunk);
            telemetry::info(
                "pool {}: {} workers instead of {}: {}",
                row.name,
                decision->size,
                row.size,
                decision->reason
            );
        }
        co_return decision->size;
    }
    const std::int64_t capacity = capacity_of(settings, row.size, peers);
    if (row.capacity != capacity) co_await set_capacity(db_, row.name, capacity);
    if (row.size > settings.size_min &&
        wanted_size(settings, config_.rule, row.waiting) == row.size)
        co_await mark_busy(db_, row.name, now);
    co_return row.size;
}

void Pools::give_share(Pool& pool, std::int64_t size) {
    if (pool.own_slots)
        return pool.workers.resize(pool.own_slots, unsigned(pool.settings.prefetch));
    std::vector<NodeId> serving;
    for (const Peer& peer : node_.peers()) {
        if (std::ranges::find(peer.queues, pool.settings.name) != peer.queues.end())
            serving.push_back(peer.id);
    }
    const auto own = std::ranges::find(serving, node_.id());
    if (own == serving.end()) return;  // not heard of lately: it keeps what it has
    const std::int64_t workers = share_of(size, std::size_t(own - serving.begin()), serving.size());
    pool.share = workers;
    pool.workers.resize(
        unsigned(workers * pool.settings.concurrency), unsigned(pool.settings.prefetch)
    );
}

std::vector<PoolTotals> Pools::totals() const {
    std::vector<PoolTotals> out;
    out.reserve(pools_.size());
    for (const auto& [name, pool] : pools_)
        out.push_back({name, pool->share, pool->grown, pool->shrunk});
    return out;
}

static PoolReport report_of(
    const PoolRow& row, const PoolSettings& settings, const std::vector<Peer>& peers
) {
    return {
        .name = row.name,
        .size = row.size,
        .capacity = row.capacity,
        .capacity_max = capacity_of(settings, settings.size_max, peers),
        .running = row.running,
        .waiting = row.waiting,
        .nodes = std::ranges::count_if(
            peers, [&](const Peer& peer) { return is_served_by(peer, row.name); }
        ),
        .size_min = settings.size_min,
        .size_desired = settings.size_desired,
        .size_max = settings.size_max,
        .concurrency = settings.concurrency,
        .prefetch = settings.prefetch,
        .tasks_per_child = settings.tasks_per_child,
        .configured = !row.settings,
        .reason = row.reason,
        .decided_at = row.decided_at,
        .decisions = row.decisions
    };
}

Async<std::vector<PoolReport>> Pools::list() const {
    const auto peers = co_await node_.find_peers();
    const auto rows = co_await list_pools(db_, shown_max);
    std::vector<PoolReport> out;
    out.reserve(rows.size());
    for (const PoolRow& row : rows) {
        const auto found = pools_.find(row.name);
        const PoolSettings configured =
            found == pools_.end() ? PoolSettings{.name = row.name} : found->second->configured;
        out.push_back(report_of(row, settings_of(row, configured), peers));
    }
    co_return out;
}

Async<Result<void>> Pools::change(const std::vector<PoolSettings>& changes) {
    Error error{.code = Code::invalid, .message = "Some pools cannot be like this."};
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const std::string at = "[" + std::to_string(i) + "].";
        if (std::ranges::count(changes, changes[i].name, &PoolSettings::name) > 1)
            error.fields.push_back({at + "name", "must not be there twice"});
        if (!pools_.contains(changes[i].name))
            error.fields.push_back(
                {at + "name", fmt::format("must be one of: {}", fmt::join(names(), ", "))}
            );
        if (const auto checked = check(changes[i]); !checked) {
            for (const FieldError& each : checked.error().fields)
                error.fields.push_back({at + each.field, each.message});
        }
    }
    if (!error.fields.empty()) co_return std::unexpected(std::move(error));
    const auto transaction = co_await db_.begin();
    for (const PoolSettings& each : changes) {
        co_await add_pool(*transaction, each, clock_.now());
        co_await keep_settings(*transaction, each.name, json::to_string(each));
    }
    co_await transaction->commit();
    co_await size_now(changes);
    co_return Result<void>{};
}

Async<Result<void>> Pools::reset(const std::string& name) {
    if (!pools_.contains(name)) co_return not_found("There is no such pool.");
    co_await keep_settings(db_, name, std::nullopt);
    looks_.hurry();
    co_return Result<void>{};
}

// So that who changed something sees it in the answer; the nodes follow.
Async<void> Pools::size_now(const std::vector<PoolSettings>& changes) {
    const auto peers = co_await node_.find_peers();
    for (const PoolRow& row : co_await list_pools(db_, config_.rule.deep + 1)) {
        const auto changed = std::ranges::find(changes, row.name, &PoolSettings::name);
        if (changed == changes.end()) continue;
        co_await sized(*pools_.find(row.name)->second, *changed, row, peers);
    }
    looks_.hurry();
}

}  // namespace zoetrope::queue
