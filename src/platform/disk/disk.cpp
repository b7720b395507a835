#include "platform/disk/disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "platform/telemetry/log.hpp"

namespace zoetrope::disk {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t reserve_max = std::int64_t(512) << 20;
constexpr std::int64_t reserve_share = 20;  // a twentieth of the disk
constexpr std::int64_t block_bytes = 512;   // of st_blocks, whatever the file system's are

// If statvfs fails the disk counts as full, and uploads are refused.
struct statvfs facts_of(const fs::path& folder) {
    struct statvfs facts{};
    if (::statvfs(folder.c_str(), &facts) != 0) return {};
    return facts;
}

std::int64_t total_bytes(const fs::path& folder) {
    const auto facts = facts_of(folder);
    return std::int64_t(facts.f_blocks) * std::int64_t(facts.f_frsize);
}

// A copy of the data folder may have holes where the ballast had blocks.
bool is_whole(const fs::path& ballast) {
    struct stat facts{};
    return ::stat(ballast.c_str(), &facts) == 0 && facts.st_blocks * block_bytes >= ballast_bytes;
}

bool allocate(const fs::path& ballast) {
    const int file = ::open(ballast.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return false;
    const bool done = ::posix_fallocate(file, 0, ballast_bytes) == 0;
    ::close(file);
    if (!done) ::unlink(ballast.c_str());
    return done;
}

}  // namespace

Disk::Disk(Config config)
    : folder_(std::move(config.folder)),
      ballast_(folder_ / "ballast"),
      reserve_(
          config.reserve_bytes.value_or(std::min(reserve_max, total_bytes(folder_) / reserve_share))
      ),
      // On a smaller disk it would take more than it gives.
      wants_ballast_(config.holds_database && total_bytes(folder_) >= 4 * ballast_bytes),
      has_ballast_(wants_ballast_ && is_whole(ballast_)) {
    hold_ballast();
}

// To the server's user: what is kept for root is not ours.
std::int64_t Disk::free_bytes() const {
    const auto facts = facts_of(folder_);
    return seen_free_ = std::int64_t(facts.f_bavail) * std::int64_t(facts.f_frsize);
}

std::int64_t Disk::watch() {
    const std::int64_t free = free_bytes();
    if (free >= low_bytes || !release()) return free;
    return free_bytes();
}

bool Disk::release() {
    if (!has_ballast_.exchange(false)) return false;
    ::unlink(ballast_.c_str());
    telemetry::warn(
        "the disk of the data folder {} is full: the ballast of {} MB was released, and nothing "
        "new is stored until {} MB are free",
        folder_.string(),
        ballast_bytes >> 20,
        2 * ballast_bytes >> 20
    );
    return true;
}

bool Disk::hold_ballast() {
    if (free_bytes() >= 2 * ballast_bytes && is_short()) has_ballast_ = allocate(ballast_);
    return has_ballast_;
}

void Disk::renew() {
    if (const bool was_short = is_short(); hold_ballast() && was_short)
        telemetry::info("there is room again: new data is stored");
}

}  // namespace zoetrope::disk
