// One io_context and one thread per core. Whatever runs on a context stays on its thread, so
// nothing there needs a lock.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace zoetrope {

class IoThreads {
  public:
    explicit IoThreads(unsigned count);
    ~IoThreads();  // stops and joins

    unsigned count() const { return unsigned(cores_.size()); }
    boost::asio::io_context& context(unsigned core) { return cores_[core]->context; }
    // Of processors, by all of them since they started. While they run.
    std::chrono::nanoseconds processor_time();
    void start();
    // Lets every context run dry and joins; what still waits is dropped with the contexts.
    void stop();

  private:
    struct Core {
        boost::asio::io_context context{1};
        boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
            context.get_executor()
        };
        std::thread thread;
    };
    std::vector<std::unique_ptr<Core>> cores_;
};

}  // namespace zoetrope
