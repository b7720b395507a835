#include "platform/disk/disk.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <fstream>

#include "platform/disk/scarce_shares.hpp"
#include "tests/support/support.hpp"

namespace zoetrope::disk {
namespace {

class Ballast : public testing::Test {
  protected:
    bool is_there() const { return std::filesystem::exists(folder_ / "ballast"); }

    test::Folder folder_;
};

TEST_F(Ballast, has_blocks_and_gives_them_back_once) {
    Disk disk({.folder = folder_.path()});
    struct stat facts{};
    ASSERT_EQ(::stat((folder_ / "ballast").c_str(), &facts), 0);
    EXPECT_GE(facts.st_blocks * 512, ballast_bytes) << "a file with holes gives nothing back";
    EXPECT_GE(disk.watch(), low_bytes);
    EXPECT_FALSE(disk.is_short()) << "there is room";
    EXPECT_TRUE(disk.release());
    EXPECT_FALSE(is_there());
    EXPECT_FALSE(disk.release());
    EXPECT_TRUE(disk.is_short());
    disk.renew();
    EXPECT_TRUE(is_there());
    EXPECT_FALSE(disk.is_short());
}

TEST_F(Ballast, with_holes_is_made_anew) {
    std::ofstream(folder_ / "ballast").put('x');
    std::filesystem::resize_file(folder_ / "ballast", std::uintmax_t(ballast_bytes));
    const Disk disk({.folder = folder_.path()});
    struct stat facts{};
    ASSERT_EQ(::stat((folder_ / "ballast").c_str(), &facts), 0);
    EXPECT_GE(facts.st_blocks * 512, ballast_bytes);
}

TEST_F(Ballast, is_not_for_a_database_that_is_elsewhere) {
    Disk disk({.folder = folder_.path(), .holds_database = false});
    EXPECT_FALSE(is_there());
    EXPECT_FALSE(disk.is_short());
    EXPECT_FALSE(disk.release());
    EXPECT_FALSE(disk.is_short());
}

TEST(Reserve, is_left_to_the_database) {
    const test::Folder folder;
    const Disk small({.folder = folder.path(), .reserve_bytes = 0});
    EXPECT_TRUE(small.has_room(1 << 20));
    const Disk large({.folder = folder.path(), .reserve_bytes = std::int64_t(1) << 60});
    EXPECT_FALSE(large.has_room(0));
    const Disk usual({.folder = folder.path()});
    EXPECT_GT(usual.reserve_bytes(), 0);
    EXPECT_LE(usual.reserve_bytes(), std::int64_t(512) << 20);
}

TEST(ScarceShares, count_a_page_for_each_request_at_least) {
    ScarceShares shares;
    const ScarceShares::TimePoint now{std::chrono::hours(5)};
    for (std::uint64_t i = 0; i < ScarceShares::hourly_bytes / ScarceShares::page_bytes; ++i)
        EXPECT_TRUE(shares.take(UserId{1}, 0, now)) << i;
    EXPECT_FALSE(shares.take(UserId{1}, 0, now));
    EXPECT_TRUE(shares.take(UserId{2}, ScarceShares::hourly_bytes, now)) << "another user";
    EXPECT_TRUE(shares.take(UserId{1}, 0, now + std::chrono::hours(1)));
}

}  // namespace
}  // namespace zoetrope::disk
