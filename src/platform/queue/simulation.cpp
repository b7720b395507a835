#include "platform/queue/simulation.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <numeric>
#include <queue>
#include <random>
#include <utility>

namespace zoetrope::queue {

namespace {

constexpr double look_s = 1;  // between two looks at what waits, as PoolsConfig::look

struct SimulatedTask {
    std::size_t queue = 0;
    double arrived_s = 0;
    Work work;
};

// So many at a time; the others in the order in which they arrived.
class Places {
  public:
    explicit Places(std::int64_t free) : free_(free) {}

    void take(std::int64_t rank, std::function<void()> then) {
        if (free_ == 0) {
            waiting_.emplace(rank, std::move(then));
            return;
        }
        --free_;
        then();
    }
    void give_back() {
        if (waiting_.empty()) {
            ++free_;
            return;
        }
        waiting_.extract(waiting_.begin()).mapped()();
    }

  private:
    std::int64_t free_;
    std::multimap<std::int64_t, std::function<void()>> waiting_;
};

struct SimulatedPool {
    PoolState state;
    std::deque<std::int64_t> available;  // not held yet
    std::deque<std::int64_t> ready;      // held, without a slot
    std::int64_t busy = 0;
    std::vector<double> waits_s;
    Simulated report;
};

class House {
  public:
    explicit House(const Simulation& simulation)
        : plan_(simulation),
          random_(simulation.seed),
          pools_(simulation.queues.size()),
          engines_(simulation.engines),
          exclusive_(simulation.exclusive) {
        for (std::size_t i = 0; i < pools_.size(); ++i) {
            const PoolSettings& settings = plan_.queues[i].pool;
            pools_[i].state.size = settings.size_min;
            pools_[i].report = {.name = settings.name, .size_max = settings.size_min};
            for (std::int64_t n = 0; n < plan_.queues[i].at_once; ++n) arrive(i);
            arrive_later(i);
        }
        after(plan_.duration_s, [this] {
            for (SimulatedPool& pool : pools_)
                pool.report.left = pool.report.tasks - std::ssize(pool.waits_s);
        });
        after(look_s, [this] { look(); });
    }

    SimulationReport run() {
        while (!events_.empty()) {
            now_s_ = events_.top().at_s;
            const auto happen = std::move(const_cast<Event&>(events_.top()).happen);
            events_.pop();
            happen();
        }
        return report();
    }

  private:
    struct Event {
        double at_s = 0;
        std::int64_t number = 0;  // of two at once the first is first
        std::function<void()> happen;
        bool operator>(const Event& other) const {
            return std::pair(at_s, number) > std::pair(other.at_s, other.number);
        }
    };

    void after(double seconds, std::function<void()> what) {
        events_.push({now_s_ + seconds, ++last_event_, std::move(what)});
    }

    void arrive_later(std::size_t queue) {
        const double rate = plan_.queues[queue].arrivals_per_s;
        if (rate <= 0) return;
        const double pause = std::exponential_distribution(rate)(random_);
        if (now_s_ + pause > plan_.duration_s) return;
        after(pause, [this, queue] {
            arrive(queue);
            arrive_later(queue);
        });
    }

    void arrive(std::size_t queue) {
        const auto& works = plan_.queues[queue].works;
        const auto which = std::uniform_int_distribution<std::size_t>(0, works.size() - 1)(random_);
        tasks_.push_back({queue, now_s_, works[which]});
        SimulatedPool& pool = pools_[queue];
        ++pool.report.tasks;
        ++unfinished_;
        pool.available.push_back(std::ssize(tasks_) - 1);
        claim(queue);
        pool.report.waiting_max =
            std::max(pool.report.waiting_max, std::ssize(pool.available) + std::ssize(pool.ready));
    }

    void claim(std::size_t queue) {
        const PoolSettings& settings = plan_.queues[queue].pool;
        SimulatedPool& pool = pools_[queue];
        const std::int64_t slots = pool.state.size * settings.concurrency;
        std::int64_t held_max = slots * settings.prefetch;
        if (plan_.held_max > 0) held_max = std::min(held_max, plan_.held_max);
        while (!pool.available.empty() && pool.busy + std::ssize(pool.ready) < held_max) {
            pool.ready.push_back(pool.available.front());
            pool.available.pop_front();
        }
        while (!pool.ready.empty() && pool.busy < slots) {
            const std::int64_t task = pool.ready.front();
            pool.ready.pop_front();
            ++pool.busy;
            begin(task);
        }
    }

    // First what is done one at a time, then the rest with an engine, then what needs none.
    void begin(std::int64_t task) {
        if (tasks_[task].work.exclusive_s <= 0) return render(task);
        exclusive_.take(task, [this, task] {
            // Others wait for what this makes, so it goes before those who have arrived earlier.
            use_engine(task - std::ssize(tasks_), tasks_[task].work.exclusive_s, [this, task] {
                exclusive_.give_back();
                render(task);
            });
        });
    }

    void render(std::int64_t task) {
        const Work& work = tasks_[task].work;
        const auto rest = [this, task] {
            after(tasks_[task].work.other_s, [this, task] { end(task); });
        };
        const double engine_s = work.engine_s - work.exclusive_s;
        if (engine_s <= 0) return rest();
        use_engine(task, engine_s, rest);
    }

    void use_engine(std::int64_t rank, double seconds, std::function<void()> then) {
        engines_.take(rank, [this, seconds, then = std::move(then)] {
            engine_s_ += seconds;
            after(seconds, [this, then] {
                engines_.give_back();
                then();
            });
        });
    }

    void end(std::int64_t task) {
        const SimulatedTask& over = tasks_[task];
        SimulatedPool& pool = pools_[over.queue];
        const double worked_s = over.work.other_s + over.work.engine_s;
        pool.waits_s.push_back(std::max(now_s_ - over.arrived_s - worked_s, 0.0));
        --pool.busy;
        --unfinished_;
        done_after_s_ = now_s_;
        claim(over.queue);
    }

    void look() {
        const Instant now{std::int64_t(now_s_ * 1e6)};
        for (std::size_t i = 0; i < pools_.size(); ++i) {
            const PoolSettings& settings = plan_.queues[i].pool;
            SimulatedPool& pool = pools_[i];
            const auto waiting = std::int64_t(pool.available.size());
            if (const auto decision = decide(settings, plan_.rule, pool.state, waiting, now)) {
                pool.state = {decision->size, now};
            } else if (wanted_size(settings, plan_.rule, waiting) == pool.state.size) {
                pool.state.busy_at = now;
            }
            pool.report.size_max = std::max(pool.report.size_max, pool.state.size);
            claim(i);
        }
        if (unfinished_ > 0 || now_s_ < plan_.duration_s) after(look_s, [this] { look(); });
    }

    SimulationReport report() {
        SimulationReport out;
        out.done_after_s = done_after_s_;
        for (SimulatedPool& pool : pools_) {
            auto& waits = pool.waits_s;
            if (!waits.empty()) {
                const double all = std::accumulate(waits.begin(), waits.end(), 0.0);
                pool.report.wait_mean_s = all / double(waits.size());
                const auto p95 = waits.begin() + std::ptrdiff_t(waits.size() * 95 / 100);
                std::ranges::nth_element(waits, p95);
                pool.report.wait_p95_s = *p95;
            }
            out.queues.push_back(pool.report);
        }
        if (done_after_s_ > 0) {
            out.throughput_per_s = double(tasks_.size()) / done_after_s_;
            out.engines_busy = engine_s_ / done_after_s_ / double(plan_.engines);
        }
        return out;
    }

    const Simulation& plan_;
    std::mt19937_64 random_;
    std::vector<SimulatedPool> pools_;
    std::vector<SimulatedTask> tasks_;
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
    Places engines_;
    Places exclusive_;
    double now_s_ = 0;
    double engine_s_ = 0;  // with all engines together
    double done_after_s_ = 0;
    std::int64_t unfinished_ = 0;
    std::int64_t last_event_ = 0;
};

}  // namespace

SimulationReport simulate(const Simulation& simulation) { return House(simulation).run(); }

}  // namespace zoetrope::queue
