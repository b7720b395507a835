#include "features/operations/load.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <optional>
#include <thread>

namespace zoetrope::operations {

namespace {

constexpr std::chrono::milliseconds look_pause{5000};
// With fewer, what the process does anyway is more than what they cost.
constexpr double requests_min = 100;

std::chrono::nanoseconds processor_time() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto of = [](const timeval& time) {
        return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
    };
    return of(used.ru_utime) + of(used.ru_stime);
}

}  // namespace

Load::Load(const http::Router& router, IoThreads& threads)
    : router_(router),
      threads_(threads),
      looks_(threads.context(0), look_pause) {}

void Load::start() {
    last_ = take_sample();
    looks_.start([this] { return look(); });
}

void Load::stop() { looks_.stop(); }

LoadReport Load::report() const {
    const double max_rps = max_rps_;
    return {rps_, peak_rps_, max_rps > 0 ? std::optional(max_rps) : std::nullopt};
}

Load::Sample Load::take_sample() const {
    Sample sample{
        .at = std::chrono::steady_clock::now(),
        .io_threads = threads_.processor_time(),
        .process = processor_time()
    };
    for (const http::RouteTotals& route : router_.totals()) {
        for (const std::uint64_t count : route.by_status_class) sample.requests += count;
    }
    return sample;
}

Async<void> Load::look() {
    const Sample now = take_sample();
    const std::chrono::duration<double> passed = now.at - last_.at;
    const double requests = double(now.requests - last_.requests);
    if (passed < look_pause / 2) co_return;  // the first
    rps_ = requests / passed.count();
    if (requests >= requests_min && rps_ > peak_rps_) {
        const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
        const std::chrono::duration<double> io_threads = now.io_threads - last_.io_threads;
        const std::chrono::duration<double> process = now.process - last_.process;
        const double busy = std::max(io_threads / threads_.count(), process / cores) / passed;
        max_rps_ = rps_ / std::max(busy, 1e-3);
    }
    peak_rps_ = std::max<double>(peak_rps_, rps_);
    last_ = now;
}

}  // namespace zoetrope::operations
