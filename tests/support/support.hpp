// What tests share: a folder that goes away, an I/O thread, and a wait for what runs on it.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "platform/base/async.hpp"
#include "platform/base/io_threads.hpp"
#include "platform/base/time.hpp"

namespace zoetrope::test {

class Folder {
  public:
    Folder() {
        std::string name =
            (std::filesystem::temp_directory_path() / "zoetrope-test-XXXXXX").string();
        if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
        path_ = name;
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::filesystem::path operator/(const char* name) const { return path_ / name; }
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

// One running I/O thread.
class Io {
  public:
    Io() : threads_(1) { threads_.start(); }
    asio::io_context& context() { return threads_.context(0); }
    IoThreads& threads() { return threads_; }

    // Runs a coroutine to its end and returns what it returned; what it threw is thrown here.
    template <class T>
    T wait(Async<T> work) {
        return asio::co_spawn(context().get_executor(), std::move(work), asio::use_future).get();
    }

  private:
    IoThreads threads_;
};

class ManualClock final : public Clock {
  public:
    Instant now() const override { return {us_.load()}; }
    void advance(std::chrono::microseconds by) { us_ += by.count(); }

  private:
    std::atomic<std::int64_t> us_{1'700'000'000'000'000};
};

}  // namespace zoetrope::test
