#include "engine/picture.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "engine/channel.hpp"
#include "engine/masks.hpp"

namespace zoetrope::engine {
namespace {

std::vector<unsigned char> encode(const char* type, int width, int height, int kind = CV_8UC3) {
    std::vector<unsigned char> bytes;
    cv::imencode(type, cv::Mat(height, width, kind, cv::Scalar(10, 120, 200, 255)), bytes);
    return bytes;
}

std::string refusal(const std::vector<unsigned char>& bytes) {
    try {
        read_header(bytes);
    } catch (const Refused& refused) {
        return refused.what();
    }
    return "accepted";
}

TEST(PictureHeader, reads_every_format_as_the_decoder_sees_it) {
    for (const char* type : {".jpg", ".png", ".webp", ".bmp", ".tiff"}) {
        const auto bytes = encode(type, 120, 80);
        const PictureHeader header = read_header(bytes);
        const cv::Mat decoded = decode(bytes, header, 120);
        EXPECT_EQ(header.shown_width(), 120) << type;
        EXPECT_EQ(header.shown_height(), 80) << type;
        EXPECT_EQ(decoded.size(), cv::Size(120, 80)) << type;
        EXPECT_EQ(decoded.channels(), 3) << type;
    }
}

TEST(PictureHeader, refuses_what_ends_early_in_every_format) {
    for (const char* type : {".jpg", ".png", ".webp", ".bmp"}) {
        auto bytes = encode(type, 64, 64);
        bytes.resize(bytes.size() - 9);
        EXPECT_THAT(refusal(bytes), testing::HasSubstr("ends before")) << type;
    }
}

TEST(PictureHeader, survives_every_cut_of_a_file) {
    for (const char* type : {".jpg", ".png", ".webp", ".bmp", ".tiff"}) {
        const auto whole = encode(type, 24, 24);
        for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
            const std::vector<unsigned char> cut(
                whole.begin(), whole.begin() + std::ptrdiff_t(bytes)
            );
            refusal(cut);  // anything but a crash
        }
    }
}

TEST(PictureHeader, refuses_sizes_nobody_could_work_with) {
    auto bytes = encode(".png", 32, 32);
    bytes[16] = 0, bytes[17] = 0, bytes[18] = 0xc3, bytes[19] = 0x50;  // width 50,000
    bytes[20] = 0, bytes[21] = 0, bytes[22] = 0xc3, bytes[23] = 0x50;
    EXPECT_THAT(refusal(bytes), testing::HasSubstr("50000 x 50000"));
    EXPECT_THAT(refusal(encode(".png", 8, 8)), testing::HasSubstr("at least"));
}

// A progressive picture's coefficients must all be kept; in 4:4:4 they take six bytes a pixel.
TEST(PictureHeader, refuses_progressive_pictures_that_would_not_fit) {
    std::vector<unsigned char> bytes;
    const cv::Mat picture(64, 64, CV_8UC3, cv::Scalar(10, 120, 200));
    cv::imencode(".jpg", picture, bytes, {cv::IMWRITE_JPEG_PROGRESSIVE, 1});
    EXPECT_EQ(refusal(bytes), "accepted");
    const unsigned char marker[] = {0xff, 0xc2};
    const auto frame =
        std::search(bytes.begin(), bytes.end(), std::begin(marker), std::end(marker));
    ASSERT_NE(frame, bytes.end());
    const unsigned char size[] = {9'000 >> 8, 9'000 & 255, 12'000 >> 8, 12'000 & 255};
    std::copy(std::begin(size), std::end(size), frame + 5);
    frame[11] = 0x11;  // 4:4:4
    EXPECT_THAT(refusal(bytes), testing::HasSubstr("12000 x 9000"));
}

// A height counts from the bottom when it is positive; the least number has no positive one.
TEST(PictureHeader, takes_pictures_from_the_top_down_but_for_the_least_height) {
    auto bytes = encode(".bmp", 64, 64);
    const auto set_height = [&](std::int32_t height) { std::memcpy(&bytes[22], &height, 4); };
    set_height(-64);
    EXPECT_EQ(read_header(bytes).height, 64);
    set_height(INT32_MIN);
    EXPECT_THAT(refusal(bytes), testing::HasSubstr("64 x 2147483647"));
}

TEST(PictureHeader, says_what_a_file_is_instead) {
    EXPECT_THAT(refusal({}), testing::HasSubstr("empty"));
    EXPECT_THAT(refusal({'G', 'I', 'F', '8', '9', 'a'}), testing::HasSubstr("GIF"));
    EXPECT_THAT(refusal({'h', 'e', 'l', 'l', 'o'}), testing::HasSubstr("not a picture"));
    auto animated = encode(".png", 32, 32);
    const unsigned char chunk[] = {0, 0, 0, 0, 'a', 'c', 'T', 'L', 0, 0, 0, 0};
    animated.insert(animated.begin() + 33, std::begin(chunk), std::end(chunk));
    EXPECT_THAT(refusal(animated), testing::HasSubstr("animated"));
}

TEST(PictureHeader, turns_as_exif_says) {
    auto bytes = encode(".jpg", 120, 80);
    const unsigned char exif[] = {0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0,    'M', 'M',
                                  0,    42,   0, 0,  0,   8,   0,   1,   1, 0x12, 0,   3,
                                  0,    0,    0, 1,  0,   6,   0,   0,   0, 0,    0,   0};
    bytes.insert(bytes.begin() + 2, std::begin(exif), std::end(exif));
    const PictureHeader header = read_header(bytes);
    EXPECT_EQ(header.shown_width(), 80);
    EXPECT_EQ(decode(bytes, header, 120).size(), cv::Size(80, 120));
}

TEST(Decode, brings_alpha_grey_and_deep_pictures_to_eight_bits) {
    const auto alpha = encode(".png", 40, 40, CV_8UC4);
    EXPECT_EQ(decode(alpha, read_header(alpha), 40).channels(), 4);
    const auto grey = encode(".png", 40, 40, CV_8UC1);
    EXPECT_EQ(decode(grey, read_header(grey), 40).channels(), 3);
    const auto deep = encode(".png", 40, 40, CV_16UC3);
    EXPECT_EQ(decode(deep, read_header(deep), 40).depth(), CV_8U);
}

TEST(Decode, makes_large_jpegs_small_while_it_decodes) {
    const auto bytes = encode(".jpg", 1600, 800);
    EXPECT_EQ(decode(bytes, read_header(bytes), 200).size(), cv::Size(200, 100));
}

// Small pictures that went wrong (tests/photos/cases), beside what a viewer shows.
std::vector<unsigned char> case_file(const std::string& name) {
    std::ifstream in(ZOETROPE_SOURCE "/tests/photos/cases/" + name, std::ios::binary);
    EXPECT_TRUE(in) << name;
    return {std::istreambuf_iterator<char>(in), {}};
}

// The mean difference of the pixels, on the ground where they are transparent. JPEG blurs edges
// between colours.
double difference(const std::string& name) {
    const auto file = case_file(name);
    const PictureHeader header = read_header(file);
    cv::Mat shown = decode(file, header, 1000);
    EXPECT_EQ(shown.size(), cv::Size(header.shown_width(), header.shown_height())) << name;
    shown = on_ground(shown);
    const cv::Mat expected = cv::imdecode(case_file(name + ".expected.png"), cv::IMREAD_COLOR);
    if (shown.size() != expected.size()) return 1000;
    return cv::norm(shown, expected, cv::NORM_L1) / double(3 * shown.total());
}

TEST(Cases, look_as_viewers_show_them) {
    for (const char* name :
         {"wide_gamut.jpg",
          "wide_gamut.png",
          "o3.png",
          "o6.png",
          "stray_bytes.jpg",
          "fill_ff.jpg",
          "no_eoi.jpg",
          "progressive_no_eoi.jpg",
          "grey_trns.png",
          "palette_trns.png",
          "rgb_trns.png",
          "core_header.bmp"})
        EXPECT_LE(difference(name), 2.5) << name;
}

TEST(Cases, are_turned_alike_by_header_and_decoder) {
    for (const char* name : {"exif_twice.jpg", "exif_long.jpg", "exif_zero.jpg"}) {
        const auto file = case_file(name);
        const PictureHeader header = read_header(file);
        EXPECT_EQ(
            decode(file, header, 1000).size(), cv::Size(header.shown_width(), header.shown_height())
        ) << name;
    }
}

TEST(Cases, are_refused_in_words) {
    for (const char* name : {"cut_half.jpg", "cut_half.tif"})
        EXPECT_THAT(refusal(case_file(name)), testing::HasSubstr("ends before")) << name;
    EXPECT_THAT(refusal(case_file("raw.dng")), testing::HasSubstr("DNG"));
}

TEST(Decode, turns_each_way_that_exif_has) {
    cv::Mat marked(40, 60, CV_8UC3, cv::Scalar::all(0));
    marked(cv::Rect(0, 0, 20, 20)).setTo(cv::Scalar::all(255));  // as stored, at the top left
    std::vector<unsigned char> plain;
    cv::imencode(".jpg", marked, plain);
    const cv::Point expected[] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}, {1, 0}, {1, 1}, {0, 1}};
    for (int orientation = 1; orientation <= 8; ++orientation) {
        auto bytes = plain;
        const unsigned char exif[] = {
            0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0,
            'M',  'M',  0, 42, 0,   0,   0,   8,   0, 1,
            1,    0x12, 0, 3,  0,   0,   0,   1,   0, static_cast<unsigned char>(orientation),
            0,    0,    0, 0,  0,   0
        };
        bytes.insert(bytes.begin() + 2, std::begin(exif), std::end(exif));
        const cv::Mat shown = decode(bytes, read_header(bytes), 60);
        EXPECT_EQ(shown.size(), orientation >= 5 ? cv::Size(40, 60) : cv::Size(60, 40));
        const cv::Point corner = expected[orientation - 1];
        const auto bright =
            shown.at<cv::Vec3b>(corner.y ? shown.rows - 10 : 10, corner.x ? shown.cols - 10 : 10);
        EXPECT_GT(bright[0], 200) << orientation;
    }
}

}  // namespace
}  // namespace zoetrope::engine
