// How many requests come, and how many could: what they cost this process when most came.
#pragma once

#include <atomic>
#include <chrono>

#include "platform/base/io_threads.hpp"
#include "platform/base/recurring.hpp"
#include "platform/http/router.hpp"

namespace zoetrope::operations {

struct LoadReport {
    double rps = 0;       // requests a second, lately
    double peak_rps = 0;  // in its busiest five seconds
    // What it could answer if it went on as it did then, with all its processors; nothing as long
    // as too few came to tell.
    std::optional<double> max_rps;
    static constexpr std::string_view schema_name = "Load";
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(LoadReport, (), (rps, peak_rps, max_rps))

class Load {
  public:
    Load(const http::Router& router, IoThreads& threads);

    void start();
    void stop();  // from outside the I/O threads
    // Any thread.
    LoadReport report() const;

  private:
    struct Sample {
        std::chrono::steady_clock::time_point at;
        std::uint64_t requests = 0;
        std::chrono::nanoseconds io_threads{0};  // of processors
        std::chrono::nanoseconds process{0};
    };
    Sample take_sample() const;
    Async<void> look();

    const http::Router& router_;
    IoThreads& threads_;
    Recurring looks_;
    Sample last_;  // on the I/O thread
    std::atomic<double> rps_ = 0, peak_rps_ = 0, max_rps_ = 0;
};

}  // namespace zoetrope::operations
