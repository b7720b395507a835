#include "platform/crypto/hash_memory.hpp"

#include <sys/mman.h>
#include <sys/types.h>

#include <cstddef>

extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names
void* __real_mmap(void* at, std::size_t bytes, int access, int flags, int file, off_t from);
int __real_munmap(void* at, std::size_t bytes);
// NOLINTEND(bugprone-reserved-identifier)
}

namespace zoetrope::crypto {

namespace {

// Argon2 knows what it wrote, so nobody clears it: the next hash writes over it.
struct Kept {
    void* at = nullptr;
    std::size_t bytes = 0;
    bool lent = false;

    Kept() = default;
    Kept(const Kept&) = delete;
    Kept& operator=(const Kept&) = delete;
    ~Kept() { give_back(); }
    void give_back() {
        if (at) __real_munmap(at, bytes);
        at = nullptr;
    }
};

constinit thread_local bool hashing = false;  // asked at every mmap of the process
thread_local Kept kept;

void* map(void* at, std::size_t bytes, int access, int flags, int file, off_t from) {
    const bool is_ours = hashing && file == -1 && !kept.lent;
    if (is_ours && kept.at && kept.bytes == bytes) {
        kept.lent = true;
        return kept.at;
    }
    void* made = __real_mmap(at, bytes, access, flags, file, from);
    if (!is_ours || made == MAP_FAILED) return made;
    kept.give_back();
    kept.at = made;
    kept.bytes = bytes;
    kept.lent = true;
    return made;
}

}  // namespace

HashMemory::HashMemory() { hashing = true; }
HashMemory::~HashMemory() { hashing = false; }

}  // namespace zoetrope::crypto

extern "C" {
void* __wrap_mmap(void* at, std::size_t bytes, int access, int flags, int file, off_t from) {
    return zoetrope::crypto::map(at, bytes, access, flags, file, from);
}

int __wrap_munmap(void* at, std::size_t bytes) {
    using namespace zoetrope::crypto;
    if (!hashing || !kept.lent || at != kept.at) return __real_munmap(at, bytes);
    kept.lent = false;
    return 0;
}
}
