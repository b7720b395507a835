#include "platform/queue/settler.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <set>

namespace zoetrope::queue {

Async<bool> Settler::finish(Ended ended) {
    co_return co_await wait_for<bool>([&](Resolver<bool> done) {
        waiting_.push_back({std::move(ended), std::move(done)});
        if (working_) return;
        working_ = true;
        asio::co_spawn(executor_, work(), asio::detached);
    });
}

Async<void> Settler::work() {
    while (!waiting_.empty()) {
        std::vector<Waiting> group;
        while (!waiting_.empty() && group.size() < group_max) {
            group.push_back(std::move(waiting_.front()));
            waiting_.pop_front();
        }
        std::exception_ptr failed;
        try {
            co_await finish_group(group);
        } catch (...) {
            failed = std::current_exception();
        }
        Wakes wakes;
        if (failed) {
            for (Waiting& each : group) each.done.fail(failed, wakes);
        }
        wakes.send();
    }
    working_ = false;
}

Async<void> Settler::finish_group(std::vector<Waiting>& group) {
    std::vector<Ended> all;
    all.reserve(group.size());
    for (const Waiting& each : group) all.push_back(each.ended);
    const auto moved = co_await finish_all(db_, all, clock_.now());
    const std::set<TaskId> ours(moved.begin(), moved.end());
    Wakes wakes;
    for (Waiting& each : group) each.done.resolve(ours.contains(each.ended.id), wakes);
    group.clear();
    wakes.send();
}

}  // namespace zoetrope::queue
