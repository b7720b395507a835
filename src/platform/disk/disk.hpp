// The disk that holds the data folder: how much of it is free, the reserve that uploads leave to
// the database, and a ballast file that is given up when even that is used.
//
//   free >= reserve      everything is stored
//   free <  reserve      uploads are refused (Blobs asks has_room)
//   ballast released     only what frees space is let in (the router and SQLite's writer ask)
//
// The ballast is for a database on the same disk; PostgreSQL's own disk is none of ours. Any
// thread. One in each process; it looks at the disk anew each time, so processes that share a
// folder need not know of each other.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace zoetrope::disk {

// A commit of SQLite writes tens of kilobytes, and its log stays small when little is free: this is
// enough to sign in and erase for days.
inline constexpr std::int64_t ballast_bytes = std::int64_t(16) << 20;
// The ballast is released while a usual commit still fits.
inline constexpr std::int64_t low_bytes = std::int64_t(1) << 20;

struct Config {
    std::filesystem::path folder;
    std::optional<std::int64_t> reserve_bytes;  // nothing: 512 MB, or 5 % of a smaller disk
    bool holds_database = true;                 // else there is no ballast
};

class Disk {
  public:
    // Makes the ballast when there is room for it.
    explicit Disk(Config config);

    std::int64_t free_bytes() const;
    // As somebody saw it last, some seconds ago at most (renew): for who may not wait for a disk.
    std::int64_t seen_free_bytes() const { return seen_free_; }
    std::int64_t reserve_bytes() const { return reserve_; }
    std::int64_t held_bytes() const { return has_ballast_ ? ballast_bytes : 0; }  // by the ballast

    // Whether so many bytes may be written and the reserve stays.
    bool has_room(std::int64_t bytes) const { return free_bytes() - bytes >= reserve_; }
    // Whether the database's reserve is in use, as somebody saw it last.
    bool is_scarce() const { return wants_ballast_ && seen_free_ < reserve_; }
    // Whether the ballast is gone, so that only what frees space may be written.
    bool is_short() const { return wants_ballast_ && !has_ballast_; }

    // Ahead of a write of the database: releases the ballast when little is free. What is free
    // then.
    std::int64_t watch();
    // When the disk was full. Whether the ballast was still there.
    bool release();
    // Looks at the disk, and makes the ballast again when that leaves as much as it takes. Blocks;
    // to be called every few seconds.
    void renew();

  private:
    bool hold_ballast();  // when there is room for it

    const std::filesystem::path folder_;
    const std::filesystem::path ballast_;
    const std::int64_t reserve_;
    const bool wants_ballast_;
    std::atomic<bool> has_ballast_ = false;
    mutable std::atomic<std::int64_t> seen_free_ = 0;
};

}  // namespace zoetrope::disk
