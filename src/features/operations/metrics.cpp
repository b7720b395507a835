#include "features/operations/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "platform/db/statistics.hpp"

namespace zoetrope::operations {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

std::vector<ClientMetric::Label> labels(
    std::initializer_list<std::pair<std::string_view, std::string_view>> pairs
) {
    std::vector<ClientMetric::Label> out;
    for (const auto& [name, value] : pairs) out.push_back({std::string(name), std::string(value)});
    return out;
}

// Counts per bucket to the running totals that the format wants.
template <class Bounds, class Buckets>
ClientMetric::Histogram histogram(
    const Bounds& bounds_us, const Buckets& buckets, std::uint64_t sum_us
) {
    ClientMetric::Histogram out;
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        total += buckets[i];
        const double bound = i < bounds_us.size() ? double(bounds_us[i]) / 1e6
                                                  : std::numeric_limits<double>::infinity();
        out.bucket.push_back({total, bound});
    }
    out.sample_count = total;
    out.sample_sum = double(sum_us) / 1e6;
    return out;
}

void add_requests(std::vector<MetricFamily>& to, const http::Router& router) {
    MetricFamily requests{"http_requests_total", "Requests answered", MetricType::Counter, {}};
    MetricFamily durations{
        "http_request_duration_seconds", "From the header to the answer", MetricType::Histogram, {}
    };
    for (const http::RouteTotals& route : router.totals()) {
        std::uint64_t all = 0;
        for (std::size_t i = 0; i < route.by_status_class.size(); ++i) {
            all += route.by_status_class[i];
            if (route.by_status_class[i] == 0) continue;
            const std::string status = std::to_string(i + 1) + "xx";
            ClientMetric metric;
            metric.label =
                labels({{"method", route.method}, {"route", route.route}, {"status", status}});
            metric.counter.value = double(route.by_status_class[i]);
            requests.metric.push_back(std::move(metric));
        }
        if (all == 0) continue;
        ClientMetric metric;
        metric.label = labels({{"method", route.method}, {"route", route.route}});
        metric.histogram = histogram(
            http::RouteCounters::bounds_us, route.duration_buckets, route.duration_us_sum
        );
        durations.metric.push_back(std::move(metric));
    }
    to.push_back(std::move(requests));
    to.push_back(std::move(durations));
}

void add_pool(std::vector<MetricFamily>& to, const db::PoolStatus& pool) {
    MetricFamily family{
        "db_pool_connections", "Connections to the database, by what they do", MetricType::Gauge, {}
    };
    const auto add = [&](std::string_view state, std::int64_t value) {
        ClientMetric metric;
        metric.label = labels({{"state", state}});
        metric.gauge.value = double(value);
        family.metric.push_back(std::move(metric));
    };
    add("size", pool.size);
    add("checked_in", pool.checked_in);
    add("checked_out", pool.checked_out);
    add("shared", pool.shared);
    add("overflow", pool.overflow);
    add("waiting", pool.waiting);
    to.push_back(std::move(family));
}

void add_number(
    std::vector<MetricFamily>& to, const char* name, const char* help, MetricType type, double value
) {
    ClientMetric metric;
    (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    to.push_back({name, help, type, {std::move(metric)}});
}

void add_hashing(std::vector<MetricFamily>& to, const CpuPool::Status& hashing) {
    add_number(
        to,
        "password_hash_waiting",
        "Passwords that wait to be hashed",
        MetricType::Gauge,
        double(hashing.queued)
    );
    add_number(
        to,
        "password_hashes_total",
        "Passwords hashed or checked",
        MetricType::Counter,
        double(hashing.done)
    );
    add_number(
        to,
        "password_hashes_refused_total",
        "Sign-ins sent away because the queue was full",
        MetricType::Counter,
        double(hashing.refused)
    );
    add_number(
        to,
        "password_hash_seconds",
        "Of a processor, what hashing one takes, the latest weighing most",
        MetricType::Gauge,
        hashing.seconds_each
    );
}

void add_disk(std::vector<MetricFamily>& to, const disk::Disk& disk) {
    add_number(
        to,
        "zoetrope_disk_free_bytes",
        "Free space on the disk of the data folder",
        MetricType::Gauge,
        double(disk.seen_free_bytes())
    );
    add_number(
        to,
        "zoetrope_disk_reserve_bytes",
        "Free space below which uploads are refused",
        MetricType::Gauge,
        double(disk.reserve_bytes())
    );
    add_number(
        to,
        "zoetrope_disk_ballast_bytes",
        "Space that is held to be released when the disk is full",
        MetricType::Gauge,
        double(disk.held_bytes())
    );
}

void add_pools(std::vector<MetricFamily>& to, const std::vector<queue::PoolTotals>& pools) {
    MetricFamily workers{
        "queue_pool_workers", "Workers that this process has of a pool", MetricType::Gauge, {}
    };
    MetricFamily decisions{
        "queue_pool_decisions_total",
        "Pools that this process made larger or smaller",
        MetricType::Counter,
        {}
    };
    for (const queue::PoolTotals& each : pools) {
        ClientMetric share;
        share.label = labels({{"pool", each.name}});
        share.gauge.value = double(each.workers);
        workers.metric.push_back(std::move(share));
        for (const auto& [direction, count] :
             {std::pair("up", each.grown), {"down", each.shrunk}}) {
            ClientMetric decided;
            decided.label = labels({{"pool", each.name}, {"direction", direction}});
            decided.counter.value = double(count);
            decisions.metric.push_back(std::move(decided));
        }
    }
    to.push_back(std::move(workers));
    to.push_back(std::move(decisions));
}

void add_statements(std::vector<MetricFamily>& to) {
    MetricFamily family{
        "db_statement_duration_seconds",
        "SQL statements by name, waiting for a connection included",
        MetricType::Histogram,
        {}
    };
    for (const db::StatementTotals& each : db::statement_totals()) {
        ClientMetric metric;
        metric.label = labels({{"statement", each.name}});
        metric.histogram =
            histogram(db::StatementTotals::bounds_us, each.duration_buckets, each.duration_us_sum);
        family.metric.push_back(std::move(metric));
    }
    to.push_back(std::move(family));
}

}  // namespace

std::string metrics_text(const Deps& deps) {
    std::vector<MetricFamily> families;
    add_requests(families, deps.router);
    add_pool(families, deps.db.status());
    add_statements(families);
    add_hashing(families, deps.accounts.hashing.status());
    add_pools(families, deps.pools.totals());
    add_disk(families, deps.disk);
    return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace zoetrope::operations
