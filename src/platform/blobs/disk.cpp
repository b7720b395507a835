#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "platform/base/ids.hpp"
#include "platform/base/timer.hpp"
#include "platform/base/unavailable.hpp"
#include "platform/blobs/blobs.hpp"

namespace zoetrope::blobs {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t digest_piece_bytes = 1024 * 1024;

// An engine's process that was told to end is gone within milliseconds, unless the machine is busy.
constexpr auto writers_pause = std::chrono::milliseconds(10);
constexpr int writers_pauses_max = 200;

// The disk being full is the owner's to mend and is said as such; anything else means the folder is
// broken.
std::unexpected<Error> disk_error(std::string_view doing) {
    if (errno == ENOSPC || errno == EDQUOT) {
        return failure(
            Code::storage_full,
            "The disk that holds the data folder is full. Free some space and try again."
        );
    }
    throw Unavailable(std::string(doing) + " in the data folder failed: " + std::strerror(errno));
}

// Bytes that are to be kept leave the reserve alone.
Result<void> check_reserve(const disk::Disk& disk, std::int64_t bytes) {
    if (disk.has_room(bytes)) return {};
    return failure(
        Code::storage_full,
        "The server's disk is nearly full, and what is left is kept for its database, so no files "
        "are taken in for now. The administrator can free space or lower `disk-reserve`."
    );
}

Result<void> write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return disk_error("writing");
        bytes.remove_prefix(std::size_t(wrote));
    }
    return {};
}

Kept measure(int fd) {
    crypto::Digest digest;
    Kept kept;
    std::string piece(digest_piece_bytes, '\0');
    while (true) {
        const ssize_t got = ::pread(fd, piece.data(), piece.size(), kept.bytes);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            throw Unavailable(std::string("reading a staged file failed: ") + std::strerror(errno));
        if (got == 0) break;
        digest.add(std::string_view(piece.data(), std::size_t(got)));
        kept.bytes += got;
    }
    kept.digest = digest.finish();
    return kept;
}

// Whether anybody has the file open for writing: the kernel then refuses a lease for reading. Where
// a filesystem knows no leases the answer is no. `fd`: open for reading alone.
bool has_writers(int fd) {
    if (::fcntl(fd, F_SETLEASE, F_RDLCK) != 0) return errno == EAGAIN;
    ::fcntl(fd, F_SETLEASE, F_UNLCK);
    return false;
}

// What is kept and what is removed in one folder happens one after the other, in all processes.
Descriptor locked(const fs::path& folder, int how) {
    Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    while (opened.get() >= 0 && ::flock(opened.get(), how) != 0 && errno == EINTR) {
    }
    return opened;
}

void sync_folder(const fs::path& folder) {
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.get() >= 0) ::fsync(opened.get());
}

}  // namespace

Descriptor::~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

Staged::~Staged() {
    if (!path_.empty()) ::unlink(path_.c_str());
}

Blobs::Blobs(fs::path folder, Offload& files, const disk::Disk& disk)
    : folder_(std::move(folder)),
      files_(files),
      disk_(disk) {
    const fs::path all = folder_ / "staging";
    fs::create_directories(all);
    // Other processes may be staging files here. What belongs to one that is gone can be locked.
    for (const fs::directory_entry& each : fs::directory_iterator(all)) {
        const Descriptor other(::open(each.path().c_str(), O_RDONLY | O_CLOEXEC));
        std::error_code ignored;
        if (other.get() >= 0 && ::flock(other.get(), LOCK_EX | LOCK_NB) == 0)
            fs::remove_all(each.path(), ignored);
    }
    do {  // once more when another process took it for abandoned before it was locked
        staging_ = all / std::string(Uuid::make_v7().view());
        fs::create_directory(staging_);
        staging_lock_ = Descriptor(::open(staging_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (staging_lock_.get() >= 0) ::flock(staging_lock_.get(), LOCK_SH);
    } while (!fs::exists(staging_));
}

Blobs::~Blobs() {
    std::error_code ignored;
    fs::remove(staging_, ignored);  // unless something is left in it: then the next start does
}

fs::path Blobs::path_of(const std::string& digest) const {
    return folder_ / digest.substr(0, 2) / digest.substr(2);  // 256 folders keep each one small
}

Async<Result<void>> Blobs::check_room(std::int64_t bytes) {
    co_return co_await files_.run([this, bytes] { return check_reserve(disk_, bytes); });
}

Async<Result<Staged>> Blobs::stage() {
    co_return co_await files_.run([this]() -> Result<Staged> {
        CHECK(check_reserve(disk_, 0));
        fs::path path = staging_ / std::string(Uuid::make_v7().view());
        Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (file.get() < 0) return disk_error("making a file");
        return Staged(std::move(path), std::move(file));
    });
}

Async<Result<void>> Blobs::append(Staged& staged, std::string_view bytes) {
    co_return co_await files_.run([this, &staged, bytes]() -> Result<void> {
        CHECK(check_reserve(disk_, std::ssize(bytes)));
        return write_all(staged.fd(), bytes);
    });
}

Async<Result<Descriptor>> Blobs::reopen_to_read(const Staged& staged) {
    co_return co_await files_.run([&staged]() -> Result<Descriptor> {
        Descriptor file(::open(staged.path_.c_str(), O_RDONLY | O_CLOEXEC));
        if (file.get() < 0) return disk_error("opening a file again");
        return file;
    });
}

Async<Result<Kept>> Blobs::keep(Staged staged) {
    staged.rest();
    CO_TRY(staged.file_, co_await reopen_to_read(staged));
    Timer pause(co_await asio::this_coro::executor);
    for (int pauses = 0; has_writers(staged.fd()); ++pauses) {
        if (pauses == writers_pauses_max)
            throw Unavailable("a staged file cannot be kept: somebody still writes to it");
        pause.expires_after(writers_pause);
        co_await pause.async_wait(with_error);
    }
    co_return co_await files_.run([this, &staged]() -> Result<Kept> {
        Kept kept = measure(staged.fd());
        const fs::path target = path_of(kept.digest);
        std::error_code error;
        fs::create_directories(target.parent_path(), error);
        if (error) {
            errno = error.value();
            return disk_error("making a folder");
        }
        ::futimens(staged.fd(), nullptr);  // kept now: see remove()
        if (::fsync(staged.fd()) != 0) return disk_error("syncing");
        const Descriptor together = locked(target.parent_path(), LOCK_SH);
        if (::rename(staged.path_.c_str(), target.c_str()) != 0) return disk_error("naming a blob");
        staged.path_.clear();  // it has its name now; nothing is left to remove
        sync_folder(target.parent_path());
        return kept;
    });
}

Async<Result<Descriptor>> Blobs::open(std::string digest) {
    co_return co_await files_.run([this, &digest]() -> Result<Descriptor> {
        Descriptor file(::open(path_of(digest).c_str(), O_RDONLY | O_CLOEXEC));
        if (file.get() < 0 && errno != ENOENT) return disk_error("opening a blob");
        if (file.get() < 0) return not_found("The file's bytes are not in the data folder.");
        return file;
    });
}

Async<Result<std::string>> Blobs::read(int fd, std::uint64_t offset, std::size_t bytes) {
    co_return co_await files_.run([fd, offset, bytes]() -> Result<std::string> {
        std::string out(bytes, '\0');
        const ssize_t got = ::pread(fd, out.data(), out.size(), off_t(offset));
        if (got < 0)
            throw Unavailable(std::string("reading a blob failed: ") + std::strerror(errno));
        out.resize(std::size_t(got));
        return out;
    });
}

Async<bool> Blobs::remove(std::string digest, std::chrono::seconds grace) {
    co_return co_await files_.run([this, &digest, grace] {
        const fs::path target = path_of(digest);
        const Descriptor alone = locked(target.parent_path(), LOCK_EX);
        struct stat facts{};
        if (::stat(target.c_str(), &facts) != 0) return errno == ENOENT;
        if (facts.st_mtime + grace.count() > ::time(nullptr)) return false;
        return ::unlink(target.c_str()) == 0;
    });
}

}  // namespace zoetrope::blobs
