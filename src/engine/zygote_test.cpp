// The program itself, as the server starts it: what it does with orders that it cannot read, and
// that its children keep silent.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <opencv2/imgcodecs.hpp>

#include "platform/base/engine_protocol.hpp"
#include "platform/base/json/write.hpp"

namespace zoetrope::engine {
namespace {

namespace ep = engine_protocol;

int file_of(const void* bytes, std::size_t size) {
    const int file = memfd_create("input", MFD_CLOEXEC);
    EXPECT_EQ(write(file, bytes, size), ssize_t(size));
    return file;
}

// A zygote whose stderr is a file.
class ZygoteTest : public testing::Test {
  protected:
    void SetUp() override {
        int ends[2];
        ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, log_, 2);
        posix_spawn_file_actions_adddup2(&actions, ends[1], ep::control_fd);
        std::string program =
            std::filesystem::read_symlink("/proc/self/exe").replace_filename("zoetrope-engine");
        char* arguments[] = {program.data(), nullptr};
        ASSERT_EQ(posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments, environ), 0);
        posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
        control_ = ends[0];
    }
    void TearDown() override {
        close(control_);
        int status = 0;
        waitpid(pid_, &status, 0);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
        close(log_);
    }

    // Sends an order with a channel and other descriptors; returns our end of the channel.
    int send(const std::string& packet, std::vector<int> descriptors) const {
        int ends[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        descriptors.insert(descriptors.begin(), ends[1]);
        iovec bytes{const_cast<char*>(packet.data()), packet.size()};
        alignas(cmsghdr) char ancillary[CMSG_SPACE(sizeof(int) * ep::descriptors_max)] = {};
        const std::size_t carried = sizeof(int) * descriptors.size();
        msghdr message{.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = ancillary};
        message.msg_controllen = CMSG_SPACE(carried);
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        *header = {
            .cmsg_len = CMSG_LEN(carried), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS
        };
        std::memcpy(CMSG_DATA(header), descriptors.data(), carried);
        EXPECT_EQ(sendmsg(control_, &message, 0), ssize_t(packet.size()));
        close(ends[1]);
        return ends[0];
    }
    // The last report of a channel; nothing when it closed without one.
    std::optional<ep::Report> last_of(int channel) const {
        std::optional<ep::Report> last;
        char packet[ep::packet_bytes_max];
        for (ssize_t got = 0; (got = recv(channel, packet, sizeof packet, 0)) > 0;) {
            const auto report = ep::read_report({packet, std::size_t(got)});
            if (report && report->kind != ep::ReportKind::progress) last = *report;
        }
        close(channel);
        return last;
    }
    std::optional<ep::Report> ask(const ep::Order& order, const std::vector<int>& files) const {
        return last_of(send(json::to_string(order), files));
    }
    std::string logged() const {
        std::string text(10'000, '\0');
        text.resize(std::size_t(std::max<ssize_t>(0, pread(log_, text.data(), text.size(), 0))));
        return text;
    }

    const int log_ = memfd_create("log", MFD_CLOEXEC);
    int control_ = -1;
    pid_t pid_ = 0;
    std::vector<unsigned char> png_ = [] {
        std::vector<unsigned char> bytes;
        cv::imencode(".png", cv::Mat(64, 64, CV_8UC3, cv::Scalar(10, 120, 200)), bytes);
        return bytes;
    }();
    const int picture_ = file_of(png_.data(), png_.size());
    const ep::Order probe_{.task = 1, .operation = ep::Operation::probe, .inputs = 1};
};

TEST_F(ZygoteTest, serves_the_next_one_behind_an_order_that_cannot_be_read) {
    for (const char* packet :
         {"",
          "{",
          "[]",
          R"({"task":1,"operation":"probe","inputs":2147483647)",
          R"({"task":1,"operation":"erase"})"}) {
        if (*packet) EXPECT_FALSE(last_of(send(packet, {picture_}))) << packet;
    }
    ep::Order many = probe_;
    many.inputs = INT32_MAX;
    many.outputs = INT32_MAX;
    EXPECT_FALSE(ask(many, {picture_}));
    ep::Order fewer = probe_;
    fewer.inputs = 2;
    EXPECT_FALSE(ask(fewer, {picture_}));
    const auto report = ask(probe_, {picture_});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->kind, ep::ReportKind::done) << report->text;
}

// OpenCV writes what it throws, and decoders what they think of a file, to stderr.
TEST_F(ZygoteTest, has_children_that_say_nothing_in_the_log) {
    const int garbage = file_of("no network", 10);
    const int out = file_of("", 0);
    const auto matted =
        ask({.task = 2,
             .operation = ep::Operation::matte,
             .inputs = 2,
             .outputs = 1,
             .memory_mb_max = 800},
            {picture_, garbage, out});
    ASSERT_TRUE(matted);
    EXPECT_EQ(matted->kind, ep::ReportKind::failed);
    auto damaged = png_;
    for (std::size_t at = 40; at < damaged.size() - 12; ++at) damaged[at] ^= 0x55;
    const int broken = file_of(damaged.data(), damaged.size());
    const auto modelled =
        ask({.task = 3,
             .operation = ep::Operation::mesh,
             .inputs = 1,
             .outputs = 3,
             .params = {json::to_string(ep::MeshParams{})}},
            {broken, out, out, out});
    ASSERT_TRUE(modelled);
    EXPECT_EQ(modelled->kind, ep::ReportKind::refused) << modelled->text;
    EXPECT_EQ(logged(), "");
    for (const int file : {garbage, out, broken}) close(file);
}

}  // namespace
}  // namespace zoetrope::engine
