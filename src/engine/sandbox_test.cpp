// What a child in the sandbox cannot do. Each attempt is made by a forked child.
#include "engine/sandbox.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

namespace zoetrope::engine {
namespace {

// The wait status of a child that tries it; it ends with 0 when `attempt` says true.
template <class Attempt>
int child_that(Attempt attempt) {
    const pid_t child = fork();
    if (child == 0) {
        enter_sandbox({.cpu_s_max = 10, .memory_mb_max = 500});
        _exit(attempt() ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

template <class Attempt>
bool is_refused(Attempt attempt) {
    const int status =
        child_that([&] { return attempt() == -1 && (errno == EPERM || errno == EACCES); });
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

template <class Attempt>
bool is_deadly(Attempt attempt) {
    const int status = child_that([&] { return attempt() != -1; });
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

TEST(Sandbox, lets_a_child_compute_and_use_what_it_was_given) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const int status = child_that([&] { return write(ends[1], "done", 4) == 4; });
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    char said[4] = {};
    EXPECT_EQ(read(ends[0], said, 4), 4);
    close(ends[0]);
    close(ends[1]);
}

// The scheduling class and niceness of a child with these limits, as another process sees them.
std::pair<int, int> scheduling_of(const SandboxLimits& limits) {
    int ready[2];
    int done[2];
    EXPECT_TRUE(pipe(ready) == 0 && pipe(done) == 0);
    const pid_t child = fork();
    if (child == 0) {
        close(done[1]);
        enter_sandbox(limits);
        char none = 0;
        _exit(write(ready[1], "r", 1) == 1 && read(done[0], &none, 1) == 0 ? 0 : 1);
    }
    close(ready[1]);
    char said = 0;
    EXPECT_EQ(read(ready[0], &said, 1), 1);
    const std::pair seen{sched_getscheduler(child), getpriority(PRIO_PROCESS, id_t(child))};
    for (const int end : {ready[0], done[0], done[1]}) close(end);
    waitpid(child, nullptr, 0);
    return seen;
}

TEST(Sandbox, leaves_the_processor_to_requests_but_for_what_somebody_waits_for) {
    const auto rendering = scheduling_of({.cpu_s_max = 10, .memory_mb_max = 500});
    EXPECT_EQ(rendering.first, SCHED_IDLE);
    const auto awaited = scheduling_of({.cpu_s_max = 10, .memory_mb_max = 500, .awaited = true});
    EXPECT_EQ(awaited, std::pair(SCHED_OTHER, 10));
}

TEST(Sandbox, has_no_files) {
    EXPECT_TRUE(is_refused([] { return open("/etc/hostname", O_RDONLY); }));
    EXPECT_TRUE(is_refused([] { return open("/tmp/made", O_WRONLY | O_CREAT, 0600); }));
    EXPECT_TRUE(is_refused([] { return unlink("/tmp/nothing"); }));
    EXPECT_TRUE(is_refused([] { return chdir("/"); }));
}

// Protections that a child may give a mapping, when it is made and afterwards.
bool can_map(int protection) {
    return mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}
bool can_change_to(int protection) {
    void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page != MAP_FAILED && mprotect(page, 4096, protection) == 0;
}

TEST(Sandbox, makes_no_code) {
    const auto tried = [](auto allowed) { return [=] { return allowed() ? 0 : -1; }; };
    for (const int protection : {PROT_READ, PROT_READ | PROT_WRITE, int(PROT_NONE)}) {
        EXPECT_FALSE(is_refused(tried([&] { return can_map(protection); })));
        EXPECT_FALSE(is_refused(tried([&] { return can_change_to(protection); })));
        EXPECT_TRUE(is_refused(tried([&] { return can_map(protection | PROT_EXEC); })));
        EXPECT_TRUE(is_refused(tried([&] { return can_change_to(protection | PROT_EXEC); })));
    }
}

TEST(Sandbox, is_the_first_to_go_when_memory_runs_out) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        const int score = open("/proc/self/oom_score_adj", O_RDONLY);
        enter_sandbox({.cpu_s_max = 10, .memory_mb_max = 500});
        char text[8] = {};
        const ssize_t got = read(score, text, sizeof(text));
        _exit(got > 0 && write(ends[1], text, std::size_t(got)) == got ? 0 : 1);
    }
    waitpid(child, nullptr, 0);
    char said[8] = {};
    close(ends[1]);
    EXPECT_GT(read(ends[0], said, sizeof(said) - 1), 0);
    EXPECT_STREQ(said, "1000\n");
    close(ends[0]);
}

TEST(Sandbox, has_no_network_and_no_processes) {
    EXPECT_TRUE(is_deadly([] { return socket(AF_INET, SOCK_STREAM, 0); }));
    EXPECT_TRUE(is_deadly([] { return socket(AF_UNIX, SOCK_STREAM, 0); }));
    EXPECT_TRUE(is_deadly([] { return kill(getppid(), 0); }));
    EXPECT_TRUE(is_deadly([] {
        char* const arguments[] = {nullptr};
        return execve("/bin/true", arguments, arguments);
    }));
}

TEST(Sandbox, cannot_have_signals_sent_by_a_socket) {
    int pair[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    const pid_t parent = getpid();
    EXPECT_TRUE(is_refused([&] { return fcntl(pair[0], F_SETOWN, parent); }));
    EXPECT_TRUE(is_refused([&] { return fcntl(pair[0], F_SETSIG, SIGKILL); }));
    EXPECT_FALSE(is_refused([&] { return fcntl(pair[0], F_GETFL); }));
    close(pair[0]);
    close(pair[1]);
}

}  // namespace
}  // namespace zoetrope::engine
