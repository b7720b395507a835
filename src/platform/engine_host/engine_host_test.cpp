// What a child may say when its picture has taken it over. The engine is a script here.
#include "platform/engine_host/engine_host.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/support/support.hpp"

namespace zoetrope::engine_host {
namespace {

// Takes orders as zoetrope-engine does, and has `say(channel)` for each.
constexpr const char* script = R"(#!/usr/bin/python3
import array, json, os, signal, socket
for ending in (signal.SIGTERM, signal.SIGINT): signal.signal(ending, signal.SIG_IGN)
control = socket.socket(fileno=3)
def report(kind, progress=0.5, text="", result=None):
    return json.dumps({"kind": kind, "progress": progress, "text": text, "result": result}).encode()
while True:
    packet, descriptors, flags, address = socket.recv_fds(control, 65536, 8)
    if not packet: os._exit(0)
    if json.loads(packet)["operation"] == "kill": continue
    channel = socket.socket(fileno=descriptors[0])
    try:
        say(channel, report)
    except OSError:
        pass
    channel.close()
    for each in descriptors[1:]: os.close(each)
)";

class EngineHostTest : public testing::Test {
  protected:
    // The engine's answer; how often it told of progress is in `told_`.
    Result<std::string> ask(const std::string& say) {
        const std::filesystem::path program = folder_ / "engine";
        std::string text = script;
        text.insert(text.find("while True"), "def say(channel, report):\n    " + say + "\n");
        std::ofstream(program) << text;
        std::filesystem::permissions(program, std::filesystem::perms::owner_all);
        EngineHost host({.program = program}, io_.context());
        Job job{
            .operation = engine_protocol::Operation::probe, .wall_max = std::chrono::minutes(1)
        };
        job.on_progress = [this](double, const std::string&) { ++told_; };
        return io_.wait(host.run(std::move(job)));
    }

    test::Folder folder_;
    test::Io io_;
    int told_ = 0;
};

TEST_F(EngineHostTest, passes_on_what_a_child_says) {
    const auto result =
        ask("channel.send(report('progress', 0.5, 'half')); channel.send(report('done', 1, '', "
            "{'a': 1}))");
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(*result, R"({"a":1})");
    EXPECT_EQ(told_, 1);
}

TEST_F(EngineHostTest, ends_a_child_that_speaks_nonsense) {
    for (const char* say :
         {"channel.send(b'{')",
          "channel.send(report('progress', 1e300)); channel.send(report('done'))",
          "channel.send(report('refused', 1, 'x' * 60000))",
          "channel.send(b'\\xff' * 65536)"}) {
        const auto result = ask(say);
        ASSERT_FALSE(result) << say;
        EXPECT_EQ(result.error().code, Code::unavailable) << say;
    }
    EXPECT_EQ(told_, 0);
}

TEST_F(EngineHostTest, ends_a_child_that_speaks_without_end) {
    const auto result = ask("[channel.send(report('progress')) for i in range(1000)]");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::unavailable);
    EXPECT_LT(told_, 300);
}

}  // namespace
}  // namespace zoetrope::engine_host
