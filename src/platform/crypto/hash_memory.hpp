// The memory of argon2, kept from one hash to the next. Private to the part.
//
// libsodium maps the whole of it for each hash and gives it back after: then the kernel clears 19
// MiB each time, which is two fifths of all that a sign-in costs. The linker hands us libsodium's
// calls of mmap and munmap (see CMakeLists.txt). See docs/decisions/0010-hash-memory.md.
#pragma once

namespace zoetrope::crypto {

// While one lives, what this thread maps to hash is what it had before. A thread that ends gives it
// back.
class HashMemory {
  public:
    HashMemory();
    ~HashMemory();
    HashMemory(const HashMemory&) = delete;
    HashMemory& operator=(const HashMemory&) = delete;
};

}  // namespace zoetrope::crypto
