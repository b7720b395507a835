#include <gmock/gmock.h>
#include <unistd.h>

#include <thread>

#include "platform/base/unavailable.hpp"
#include "platform/blobs/blobs.hpp"
#include "tests/support/support.hpp"

namespace zoetrope::blobs {
namespace {

using std::chrono::seconds;

class Disk : public testing::Test {
  protected:
    Async<Kept> keep(std::string_view bytes) {
        auto staged = co_await blobs_.stage();
        (void)co_await blobs_.append(*staged, bytes);
        co_return *co_await blobs_.keep(*std::move(staged));
    }
    // With what `start` makes of another descriptor of the file.
    Async<Kept> keep_beside(auto start) {
        auto staged = co_await blobs_.stage();
        const auto beside = start(Descriptor(::dup(staged->fd())));
        co_return *co_await blobs_.keep(*std::move(staged));
    }
    // What is wrong with it.
    static Async<std::optional<Code>> stage_and_append(Blobs& begins, Blobs& goes_on) {
        auto staged = co_await begins.stage();
        if (!staged) co_return staged.error().code;
        const auto taken = co_await goes_on.append(*staged, "a piece");
        if (!taken) co_return taken.error().code;
        co_return std::nullopt;
    }
    bool is_there(const Kept& kept) { return io_.wait(blobs_.open(kept.digest)).has_value(); }

    test::Folder folder_;
    test::Io io_;
    Offload files_{1};
    disk::Disk disk_{{.folder = folder_.path(), .holds_database = false}};
    Blobs blobs_{folder_ / "blobs", files_, disk_};
};

TEST_F(Disk, removes_only_what_nobody_kept_for_a_while) {
    const Kept kept = io_.wait(keep("a photo"));
    EXPECT_FALSE(io_.wait(blobs_.remove(kept.digest, seconds(600))));
    EXPECT_TRUE(is_there(kept));
    EXPECT_TRUE(io_.wait(blobs_.remove(kept.digest, seconds(0))));
    EXPECT_FALSE(is_there(kept));
    EXPECT_TRUE(io_.wait(blobs_.remove(kept.digest, seconds(600)))) << "it is gone already";
}

TEST_F(Disk, counts_the_grace_from_the_last_time_that_bytes_were_kept) {
    const Kept kept = io_.wait(keep("a photo"));
    const auto file = folder_ / "blobs" / kept.digest.substr(0, 2) / kept.digest.substr(2);
    std::filesystem::last_write_time(
        file, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1)
    );
    (void)io_.wait(keep("a photo"));
    EXPECT_FALSE(io_.wait(blobs_.remove(kept.digest, seconds(600))));
    EXPECT_TRUE(is_there(kept));
}

TEST_F(Disk, digests_nothing_while_somebody_else_can_write_to_it) {
    const auto write_and_close = [](Descriptor file) {
        return std::jthread([file = std::move(file)] {
            for (int i = 0; i < 1000; ++i) EXPECT_EQ(::write(file.get(), "a piece", 7), 7);
        });
    };
    EXPECT_EQ(io_.wait(keep_beside(write_and_close)).bytes, 7000);
    EXPECT_THROW((void)io_.wait(keep_beside(std::identity{})), Unavailable);
}

TEST_F(Disk, takes_nothing_in_when_only_the_reserve_is_left) {
    const disk::Disk full(
        {.folder = folder_.path(), .reserve_bytes = std::int64_t(1) << 60, .holds_database = false}
    );
    Blobs blobs(folder_ / "blobs", files_, full);
    EXPECT_EQ(io_.wait(blobs.check_room(1)).error().code, Code::storage_full);
    // One that began while there was room.
    EXPECT_EQ(io_.wait(stage_and_append(blobs_, blobs)), Code::storage_full);
    EXPECT_EQ(io_.wait(stage_and_append(blobs, blobs_)), Code::storage_full);
    EXPECT_EQ(io_.wait(stage_and_append(blobs_, blobs_)), std::nullopt);
}

}  // namespace
}  // namespace zoetrope::blobs
