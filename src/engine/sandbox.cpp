#include "engine/sandbox.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include "platform/base/sanitized.hpp"

namespace zoetrope::engine {

namespace {

[[noreturn]] void fail(const char* what) {
    throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

void limit(int resource, rlim_t value) {
    const rlimit both{value, value};
    if (setrlimit(static_cast<__rlimit_resource>(resource), &both) != 0) fail("setrlimit");
}

rlim_t mapped_bytes() {
    unsigned long pages = 0;
    if (FILE* file = std::fopen("/proc/self/statm", "re")) {
        if (std::fscanf(file, "%lu", &pages) != 1) pages = 0;
        std::fclose(file);
    }
    return rlim_t(pages) * rlim_t(sysconf(_SC_PAGESIZE));
}

// When the machine runs out of memory a picture is the first to go, not the server that can try it
// again. Where /proc cannot be written, the kernel chooses by size, which is mostly the same.
void be_first_to_go() {
    constexpr std::string_view most = "1000";  // of -1000 to 1000 (proc(5))
    const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    [[maybe_unused]] const ssize_t written = write(file, most.data(), most.size());
    close(file);
}

// Rendering takes what requests leave over, which on a busy machine is nothing at all. What
// somebody waits for is short and gets a tenth of a request's share.
void make_way(bool awaited) {
    if (awaited) {
        setpriority(PRIO_PROCESS, 0, 10);
    } else {
        const sched_param none{};
        sched_setscheduler(0, SCHED_IDLE, &none);
    }
}

void set_limits(const SandboxLimits& limits) {
    // A sanitizer's shadow memory alone would be over it.
    if (!sanitized) limit(RLIMIT_AS, mapped_bytes() + (rlim_t(limits.memory_mb_max) << 20));
    limit(RLIMIT_CPU, rlim_t(limits.cpu_s_max));
    limit(RLIMIT_CORE, 0);  // a core file would hold somebody's picture
    limit(RLIMIT_FSIZE, rlim_t(2) << 30);
}

// Landlock: no path at all. Kernels before 5.13 do not have it; seccomp below refuses to open files
// in any case.
void close_file_system() {
    landlock_ruleset_attr rules{};
    rules.handled_access_fs =
        (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;  // everything the first version knows
    const long ruleset = syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
    if (ruleset < 0) {
        if (errno == ENOSYS || errno == EOPNOTSUPP) return;
        fail("landlock");
    }
    if (syscall(SYS_landlock_restrict_self, int(ruleset), 0) != 0) fail("landlock");
    close(int(ruleset));
}

void filter_system_calls() {
    // What is not named fails with EPERM: libraries that merely ask go on without.
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter) throw std::bad_alloc();
    static constexpr int allowed[] = {
        SCMP_SYS(read),
        SCMP_SYS(write),
        SCMP_SYS(readv),
        SCMP_SYS(writev),
        SCMP_SYS(pread64),
        SCMP_SYS(pwrite64),
        SCMP_SYS(lseek),
        SCMP_SYS(fstat),
        SCMP_SYS(ftruncate),
        SCMP_SYS(dup),
        SCMP_SYS(close),
        SCMP_SYS(sendto),
        SCMP_SYS(sendmsg),
        SCMP_SYS(munmap),
        SCMP_SYS(mremap),
        SCMP_SYS(madvise),
        SCMP_SYS(brk),
        SCMP_SYS(futex),
        SCMP_SYS(rt_sigaction),
        SCMP_SYS(rt_sigprocmask),
        SCMP_SYS(rt_sigreturn),
        SCMP_SYS(sigaltstack),
        SCMP_SYS(clock_gettime),
        SCMP_SYS(clock_nanosleep),
        SCMP_SYS(gettimeofday),
        SCMP_SYS(time),
        SCMP_SYS(getrandom),
        SCMP_SYS(sched_yield),
        SCMP_SYS(sched_getaffinity),
        SCMP_SYS(getpid),
        SCMP_SYS(gettid),
        SCMP_SYS(getrusage),
        SCMP_SYS(sysinfo),
        SCMP_SYS(uname),
        SCMP_SYS(exit),
        SCMP_SYS(exit_group),
        SCMP_SYS(restart_syscall),
    };
    // Nothing honest comes near these, so they end the child at once.
    static constexpr int deadly[] = {
        SCMP_SYS(execve),
        SCMP_SYS(execveat),
        SCMP_SYS(socket),
        SCMP_SYS(connect),
        SCMP_SYS(bind),
        SCMP_SYS(ptrace),
        SCMP_SYS(fork),
        SCMP_SYS(vfork),
        SCMP_SYS(kill),
        SCMP_SYS(mount),
        SCMP_SYS(setuid),
        SCMP_SYS(bpf),
        SCMP_SYS(process_vm_readv),
        SCMP_SYS(process_vm_writev),
        SCMP_SYS(init_module),
        SCMP_SYS(unshare),
    };
    int failed = 0;
    for (const int call : allowed) failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
    for (const int call : deadly)
        failed |= seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, call, 0);
    // All code is mapped by now, and no library of ours makes any: memory that was written is never
    // run.
    for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
        failed |= seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, call, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)
        );
    }
    // Not to have a signal sent to whom one likes when a socket becomes ready (F_SETOWN, F_SETSIG).
    for (const int command : {F_GETFD, F_SETFD, F_GETFL, F_DUPFD, F_DUPFD_CLOEXEC}) {
        failed |= seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, scmp_datum_t(command))
        );
    }
    // abort() raises through tgkill on itself; no other process may be signalled.
    failed |= seccomp_rule_add(
        filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, scmp_datum_t(getpid()))
    );
    failed |= seccomp_load(filter);
    seccomp_release(filter);
    if (failed) throw std::runtime_error("seccomp cannot be loaded");
}

}  // namespace

void enter_sandbox(const SandboxLimits& limits) {
    be_first_to_go();  // while the process is dumpable: what is not may only be written by root
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0) fail("prctl");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("no_new_privs");
    make_way(limits.awaited);
    set_limits(limits);
    close_file_system();
    filter_system_calls();
}

}  // namespace zoetrope::engine
