// Tasks that end together are moved to `finished_tasks` together. Private to the part.
#pragma once

#include <deque>

#include "platform/queue/store.hpp"

namespace zoetrope::queue {

// The first goes at once; what ends while it is on its way goes together in the next. On one I/O
// thread.
class Settler {
  public:
    Settler(db::Pool& db, const Clock& clock, Executor executor)
        : db_(db),
          clock_(clock),
          executor_(executor) {}

    // Once it is durable; false when another attempt has the task.
    Async<bool> finish(Ended ended);

  private:
    struct Waiting {
        Ended ended;
        Resolver<bool> done;
    };

    Async<void> work();
    Async<void> finish_group(std::vector<Waiting>& group);

    static constexpr std::size_t group_max = 256;  // bounds the wait of the first in a group

    db::Pool& db_;
    const Clock& clock_;
    Executor executor_;
    std::deque<Waiting> waiting_;
    bool working_ = false;
};

}  // namespace zoetrope::queue
