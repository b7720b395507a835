// What every part stands on: the disk of the data folder, and the database.
#pragma once

#include "app/config.hpp"
#include "platform/base/io_threads.hpp"
#include "platform/base/offload.hpp"
#include "platform/disk/disk.hpp"

namespace zoetrope::app {

disk::Config disk_of(const Config& config);
// Whether new data may be stored. Errors: storage_full.
Result<void> room_on(const disk::Disk& disk);

// Brings the database up to date, or says that somebody has to. Errors: conflict.
Result<void> prepare_database(const Config& config);
std::unique_ptr<db::Pool> open_database(
    const Config& config, disk::Disk& disk, IoThreads& threads, Offload& blocking
);

}  // namespace zoetrope::app
