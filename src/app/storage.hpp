// Opens what every part stands on: the disk of the data folder, and the database.
#pragma once

#include "app/config.hpp"
#include "platform/base/io_threads.hpp"
#include "platform/base/offload.hpp"
#include "platform/db/session.hpp"
#include "platform/disk/disk.hpp"
#include "platform/disk/scarce_shares.hpp"

namespace zoetrope::app {

disk::Config disk_of(const Config& config);
// Counts so many bytes that the user adds to the database while the disk is nearly full. Errors:
// storage_full.
Result<void> room_on(
    const disk::Disk& disk, disk::ScarceShares& shares, UserId user, std::uint64_t bytes
);
// While little is free: gives the pages of deleted rows back to the disk, some at a time.
Async<void> shrink_database(const disk::Disk& disk, db::Pool& db);

// Brings the database up to date, or says that somebody has to. Errors: conflict.
Result<void> prepare_database(const Config& config);
std::unique_ptr<db::Pool> open_database(
    const Config& config, disk::Disk& disk, IoThreads& threads, Offload& blocking
);

}  // namespace zoetrope::app
