#include "platform/base/cpu_pool.hpp"

#include <sched.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace zoetrope {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t known_part = 4;            // a quarter of the queue is for known callers only
constexpr std::chrono::seconds promise_max{30};  // many of those sent away never come back
constexpr double newest_weight = 0.1;            // in the moving average

double seconds(steady_clock::duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

// Of the processor, not of the clock: a rush that keeps this thread waiting is over long before
// those whom it sent away come back.
std::chrono::duration<double> thread_time() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

CpuPool::CpuPool(unsigned threads, std::size_t queue_max, std::chrono::duration<double> first_guess)
    : queue_max_(queue_max) {
    status_.seconds_each = first_guess.count();
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

CpuPool::~CpuPool() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

// Those sent away stand in a line of their own, one behind the other at the measured rate; each is
// asked back when about half of the queue's time is still before it, so that neither the queue runs
// dry nor all come back at once.
int CpuPool::full_for(Origin origin) {
    const std::size_t kept = origin == Origin::known ? 0 : queue_max_ / known_part;
    const std::lock_guard lock(mutex_);
    if (*places_ < queue_max_ - kept) {
        ++*places_;
        return 0;
    }
    ++status_.refused;
    const auto each = std::chrono::duration_cast<steady_clock::duration>(
        std::chrono::duration<double>(status_.seconds_each / double(threads_.size()))
    );
    const auto now = steady_clock::now();
    const auto drained = now + each * std::int64_t(queue_max_);
    promised_ = std::clamp(promised_, drained, drained + promise_max) + each;
    const double wait_s = seconds(promised_ - now - each * std::int64_t(queue_max_ / 2));
    return std::clamp(int(std::ceil(wait_s)), 1, int(promise_max.count()));
}

Result<CpuPool::Place> CpuPool::reserve(Origin origin) {
    if (const int wait_s = full_for(origin)) {
        Error error{.code = Code::limited, .message = "The server is busy. Try again shortly."};
        error.retry_after_s = wait_s;
        return std::unexpected(std::move(error));
    }
    return Place(places_, origin);
}

void CpuPool::push(Place& place, Job job) {
    {
        const std::lock_guard lock(mutex_);
        jobs_[std::size_t(place.origin_)].push_back(std::move(job));
        place.taken_ = nullptr;  // the job has it now
    }
    wake_.notify_one();
}

// Empty when none waits.
CpuPool::Job CpuPool::next_job() {
    if (jobs_[turn_].empty()) turn_ = 1 - turn_;
    std::deque<Job>& line = jobs_[turn_];
    if (line.empty()) return {};
    Job job = std::move(line.front());
    line.pop_front();
    turn_ = 1 - turn_;
    return job;
}

void CpuPool::work() {
    sched_param none{};
    sched_setscheduler(
        0, SCHED_IDLE, &none
    );  // of this thread; where it is refused, it is as others
    std::unique_lock lock(mutex_);
    while (true) {
        Job job;
        wake_.wait(lock, [&] { return (job = next_job()) || ending_; });
        if (!job) return;
        --*places_;
        ++status_.running;
        lock.unlock();
        const auto began = thread_time();
        job();
        job = nullptr;
        const double took_s = (thread_time() - began).count();
        lock.lock();
        --status_.running;
        ++status_.done;
        status_.seconds_each += newest_weight * (took_s - status_.seconds_each);
    }
}

CpuPool::Status CpuPool::status() const {
    const std::lock_guard lock(mutex_);
    Status now = status_;
    now.queued = *places_;
    return now;
}

}  // namespace zoetrope
