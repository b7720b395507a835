// Runs the operations of zoetrope-engine. A warm process (the zygote) forks one sandboxed child for
// each task; inputs and outputs are descriptors, so a child never opens a file. A hostile picture
// can end its own child and nothing else.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "platform/base/async.hpp"
#include "platform/base/engine_protocol.hpp"
#include "platform/base/json/read.hpp"
#include "platform/base/result.hpp"
#include "platform/base/turns.hpp"

namespace zoetrope::engine_host {

struct EngineConfig {
    std::filesystem::path program;  // zoetrope-engine
    unsigned children_max = 2;      // at a time, probes apart; rendering is one core each
};

// Of who asks for an operation.
struct Standing {
    Turns::Rank rank{};   // the lowest goes first when all children are busy
    double wear = 0.001;  // of the zygote, which is renewed at 1: libraries' leaks end there
};

// What an operation, or several, took of the engines.
struct Usage {
    std::chrono::microseconds waited{0};
    std::chrono::microseconds worked{0};
};

// The stage of what has not begun because all children are busy.
inline constexpr const char* waiting_stage = "waiting for an engine";

struct Job {
    engine_protocol::Operation operation{};
    std::string params = "{}";
    Standing standing{};
    std::vector<int> inputs;  // descriptors, the caller's, open until run() returns
    std::vector<int> outputs;
    int cpu_s_max = 120;
    int memory_mb_max = 400;
    std::chrono::milliseconds wall_max{300'000};  // then the child is killed
    std::function<void(double progress, const std::string& stage)>
        on_progress;         // called on the engine's I/O thread
    Usage* usage = nullptr;  // the caller's, added to; there until run() returns
};

class EngineHost {
  public:
    EngineHost(EngineConfig config, asio::io_context& io);
    ~EngineHost();

    // Starts the program now, so that the first task finds it warm. A program that cannot be
    // started is told of in the log; each task tries again. On the I/O thread.
    void warm_up();

    // Returns the operation's result as JSON. Errors: invalid or unsupported-by-sentence (the
    // input's fault), timeout (past wall_max), cancelled (stop was asked), unavailable (the engine
    // died or cannot start).
    Async<Result<std::string>> run(Job job, std::stop_token stop = {});

    template <class T>
    Async<Result<T>> run_as(Job job, std::stop_token stop = {}) {
        CO_TRY(const std::string text, co_await run(std::move(job), std::move(stop)));
        co_return json::read<T>(text);
    }

  private:
    class Zygote;
    Async<Result<std::string>> run_here(Job job, std::stop_token stop);
    Result<std::shared_ptr<Zygote>> zygote();

    EngineConfig config_;
    asio::io_context& io_;
    std::shared_ptr<Zygote> zygote_;
    Turns slots_;
    Turns probes_;  // short, and somebody waits for them: they do not queue behind renderings
    std::int64_t last_task_ = 0;
};

}  // namespace zoetrope::engine_host
