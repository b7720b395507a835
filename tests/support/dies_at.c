// Preloaded into a server, it kills it with SIGKILL right before its N-th call that leaves something behind: a write to a
// file, a sync, a rename, a removal, or words to a database or a client. Counting begins when a file appears, so that a test
// says where its story starts.
//   ZOETROPE_TEST_DIE_AT=N     which call
//   ZOETROPE_TEST_ARMED=PATH   the file
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long left;
static const char* armed;

__attribute__((constructor)) static void set_up(void) {
    const char* at = getenv("ZOETROPE_TEST_DIE_AT");
    armed = getenv("ZOETROPE_TEST_ARMED");
    left = at ? atol(at) : 0;
    unsetenv("LD_PRELOAD");  // the engine is a program of its own, and may not look for files
}

static void count(void) {
    if (armed && left > 0 && access(armed, F_OK) == 0 && atomic_fetch_sub(&left, 1) == 1) raise(SIGKILL);
}

#define COUNTED(result, name, declared, given)        \
    result name declared {                            \
        static result(*next) declared;                \
        if (!next) next = dlsym(RTLD_NEXT, #name);    \
        count();                                      \
        return next given;                            \
    }

COUNTED(int, fsync, (int fd), (fd))
COUNTED(int, fdatasync, (int fd), (fd))
COUNTED(int, rename, (const char* from, const char* to), (from, to))
COUNTED(int, unlink, (const char* path), (path))
COUNTED(int, ftruncate64, (int fd, off64_t length), (fd, length))
COUNTED(ssize_t, pwrite64, (int fd, const void* from, size_t bytes, off64_t at), (fd, from, bytes, at))
COUNTED(ssize_t, pwrite, (int fd, const void* from, size_t bytes, off_t at), (fd, from, bytes, at))
COUNTED(ssize_t, send, (int fd, const void* from, size_t bytes, int flags), (fd, from, bytes, flags))
COUNTED(ssize_t, sendmsg, (int fd, const struct msghdr* message, int flags), (fd, message, flags))
