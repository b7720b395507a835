// Immutable bytes named by their BLAKE2b-256 digest. A blob is staged (a private file being
// written) and then kept: made durable and given its name in one rename, so a half-written blob is
// never visible.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "platform/base/offload.hpp"
#include "platform/base/result.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/disk/disk.hpp"

namespace zoetrope::blobs {

class Descriptor {
  public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    ~Descriptor();
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept;
    int get() const { return fd_; }

  private:
    int fd_;
};

// A file being written; removed unless it is kept.
class Staged {
  public:
    Staged(std::filesystem::path path, Descriptor file)
        : path_(std::move(path)),
          file_(std::move(file)) {}
    ~Staged();
    Staged(Staged&& other) noexcept
        : path_(std::exchange(other.path_, {})),
          file_(std::move(other.file_)) {}
    Staged& operator=(Staged&& other) noexcept {
        std::swap(path_, other.path_);
        std::swap(file_, other.file_);
        return *this;
    }
    int fd() const { return file_.get(); }
    // Until it is kept: it stays, and holds no descriptor meanwhile.
    void rest() { file_ = Descriptor{}; }

  private:
    friend class Blobs;
    std::filesystem::path path_;  // empty: it has its name, or has moved
    Descriptor file_;
};

struct Kept {
    std::string digest;
    std::int64_t bytes = 0;
};

class Blobs {
  public:
    // Makes the folder and removes what earlier runs left staged.
    Blobs(std::filesystem::path folder, Offload& files, const disk::Disk& disk);
    ~Blobs();

    // Whether `bytes` more fit on the disk beside its reserve. Errors: storage_full.
    Async<Result<void>> check_room(std::int64_t bytes);
    // Errors of all three: storage_full when the disk is, or when only its reserve is left: each
    // piece is looked at just before it is written, on one of few threads, so that those that
    // arrive together do not take the reserve together. Throws Unavailable when the folder cannot
    // be used.
    Async<Result<Staged>> stage();
    Async<Result<void>> append(
        Staged& staged, std::string_view bytes
    );  // `bytes` must live until it returns
    // Another descriptor of the file, which cannot write to it: for who only looks.
    Async<Result<Descriptor>> reopen_to_read(const Staged& staged);
    // Digests what was written, makes it durable, names it. Keeping bytes that are already kept
    // costs nothing. An engine may have the file open, too, and may have been taken over: nothing
    // is digested before it is closed for writing everywhere; throws Unavailable after two seconds.
    Async<Result<Kept>> keep(Staged staged);

    // Opens a blob for reading. Errors: not_found.
    Async<Result<Descriptor>> open(std::string digest);
    // Reads up to `bytes` at `offset`; empty at the end.
    Async<Result<std::string>> read(int fd, std::uint64_t offset, std::size_t bytes);

    // Removes a blob that was not kept (again) within the last `grace`: who keeps bytes has that
    // long to say so where references are looked up. Whether it is gone.
    Async<bool> remove(std::string digest, std::chrono::seconds grace);

  private:
    std::filesystem::path path_of(const std::string& digest) const;

    std::filesystem::path folder_;
    std::filesystem::path staging_;  // this process's own, below folder/staging
    Descriptor staging_lock_;        // held as long as somebody may still name a file there
    Offload& files_;
    const disk::Disk& disk_;
};

}  // namespace zoetrope::blobs
