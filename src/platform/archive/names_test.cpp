#include "platform/archive/names.hpp"

#include <gmock/gmock.h>

namespace zoetrope::archive {
namespace {

TEST(Names, can_be_made_by_every_system) {
    EXPECT_EQ(portable_name("cup.jpg"), "cup.jpg");
    EXPECT_EQ(portable_name("a<b>c:d\"e|f?g*h\\i/j.jpg"), "a_b_c_d_e_f_g_h_i_j.jpg");
    EXPECT_EQ(portable_name("trailing. . "), "trailing");
    EXPECT_EQ(portable_name("line\nend\x1b.txt"), "line end.txt");
    for (const char* nothing : {"", ".", "..", " ", "...", "\n"})
        EXPECT_EQ(portable_name(nothing), "untitled") << nothing;
    for (const char* device :
         {"con", "NUL", "aux.txt", "Com1.tar.gz", "lpt9 .x", "COM\u00b9", "conout$"})
        EXPECT_EQ(portable_name(device), "_" + std::string(device)) << device;
    for (const char* other : {"console", "com", "com10", "nula.txt", "xcon", ".hidden"})
        EXPECT_EQ(portable_name(other), other) << other;
}

TEST(Names, are_short_enough_and_keep_their_ending) {
    std::string longest;
    for (int i = 0; i < 100; ++i) longest += "\U0001F468\u200D\U0001F469\u200D\U0001F467";
    Names names;
    const std::string first = names.take(longest + ".jpg");
    const std::string second = names.take(longest + ".jpg");
    EXPECT_LE(second.size(), 255U);
    EXPECT_THAT(first, testing::EndsWith("\U0001F467.jpg")) << "whole families only";
    EXPECT_THAT(second, testing::EndsWith(" (2).jpg"));
}

TEST(Names, are_unique_where_case_and_accents_do_not_count) {
    Names names;
    EXPECT_EQ(names.take("assets/Cup.jpg"), "assets/Cup.jpg");
    EXPECT_EQ(names.take("assets/cup.JPG"), "assets/cup (2).JPG");
    EXPECT_EQ(names.take("assets/cup (2).jpg"), "assets/cup (2) (2).jpg");
    EXPECT_EQ(names.take("assets/caf\u00e9"), "assets/caf\u00e9");
    EXPECT_EQ(names.take("assets/cafe\u0301"), "assets/cafe\u0301 (2)");
    EXPECT_EQ(names.take("other/cup.jpg"), "other/cup.jpg");
    EXPECT_EQ(names.take("../../etc/passwd"), "untitled/untitled/etc/passwd");
}

}  // namespace
}  // namespace zoetrope::archive
