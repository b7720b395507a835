#include "platform/base/io_threads.hpp"

#include <pthread.h>
#include <time.h>

#include <string>

namespace zoetrope {

IoThreads::IoThreads(unsigned count) {
    for (unsigned i = 0; i < count; ++i) cores_.push_back(std::make_unique<Core>());
}

IoThreads::~IoThreads() { stop(); }

void IoThreads::start() {
    for (unsigned i = 0; i < count(); ++i) {
        cores_[i]->thread = std::thread([core = cores_[i].get()] { core->context.run(); });
        pthread_setname_np(cores_[i]->thread.native_handle(), ("io-" + std::to_string(i)).c_str());
    }
}

std::chrono::nanoseconds IoThreads::processor_time() {
    std::chrono::nanoseconds all{0};
    for (const auto& core : cores_) {
        clockid_t clock{};
        timespec used{};
        if (pthread_getcpuclockid(core->thread.native_handle(), &clock) == 0 &&
            clock_gettime(clock, &used) == 0)
            all += std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
    }
    return all;
}

void IoThreads::stop() {
    for (auto& core : cores_) {
        core->work.reset();
        core->context.stop();
    }
    for (auto& core : cores_) {
        if (core->thread.joinable()) core->thread.join();
    }
}

}  // namespace zoetrope
