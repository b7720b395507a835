#include "engine/mesh/mesh.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "engine/channel.hpp"

namespace zoetrope::engine {
namespace {

// A closed surface: every edge is walked exactly twice, once each way.
void expect_closed(const Mesh& mesh) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, int> walked;
    for (const auto& [a, b, c] : mesh.triangles) {
        ++walked[{a, b}], ++walked[{b, c}], ++walked[{c, a}];
    }
    for (const auto& [edge, times] : walked) {
        ASSERT_EQ(times, 1) << edge.first << "-" << edge.second;
        ASSERT_TRUE(walked.contains({edge.second, edge.first})) << edge.first << "-" << edge.second;
    }
}

// Positive when the surface faces outward.
double volume(const Mesh& mesh) {
    double sum = 0;
    for (const auto& [a, b, c] : mesh.triangles) {
        sum += mesh.positions[a].dot(mesh.positions[b].cross(mesh.positions[c])) / 6.0;
    }
    return sum;
}

cv::Mat noise_picture(int width, int height) {
    cv::Mat picture(height, width, CV_8UC3);
    cv::RNG(7).fill(picture, cv::RNG::UNIFORM, 0, 255);
    return picture;
}

cv::Mat disc_mask(int side) {
    cv::Mat mask = cv::Mat::zeros(side, side, CV_32F);
    cv::circle(mask, {side / 2, side / 2}, side / 3, cv::Scalar(1), -1, cv::LINE_AA);
    return mask;
}

TEST(Inflate, makes_a_closed_solid_that_faces_outward) {
    const Mesh mesh = inflate(noise_picture(300, 300), disc_mask(300), 64, false);
    expect_closed(mesh);
    EXPECT_GT(volume(mesh), 0);
}

// Blots, necks, corners that touch: what real cut-outs bring.
TEST(Inflate, stays_closed_for_ragged_outlines) {
    for (int seed = 0; seed < 12; ++seed) {
        cv::Mat mask = disc_mask(300);
        cv::RNG random{std::uint64_t(seed)};
        for (int i = 0; i < 60; ++i) {
            const cv::Point at(random.uniform(0, 300), random.uniform(0, 300));
            cv::circle(mask, at, random.uniform(1, 12), cv::Scalar(i % 2), -1);
        }
        expect_closed(inflate(noise_picture(300, 300), mask, 96, true));
    }
}

TEST(Inflate, refuses_wires) {
    cv::Mat mask = cv::Mat::zeros(300, 300, CV_32F);
    cv::line(mask, {10, 10}, {290, 250}, cv::Scalar(1), 2);
    EXPECT_THROW(inflate(noise_picture(300, 300), mask, 64, false), Refused);
}

TEST(Inflate, is_round_in_the_middle_and_thin_at_the_edge) {
    const Mesh mesh = inflate(noise_picture(300, 300), disc_mask(300), 64, false);
    float highest = 0, lowest = 0;
    for (const cv::Vec3f& position : mesh.positions) {
        highest = std::max(highest, position[2]);
        lowest = std::min(lowest, position[2]);
    }
    // A disc of radius r becomes a cap: roundness x r high, with the grid's 64 cells across.
    EXPECT_NEAR(highest, 0.62 * 32, 2.0);
    EXPECT_NEAR(-lowest, 0.7 * highest, 0.5);
}

TEST(Relief, is_a_closed_plate) {
    const Mesh mesh = relief(noise_picture(300, 200), 64);
    expect_closed(mesh);
    EXPECT_GT(volume(mesh), 0);
}

TEST(Fit, gives_the_longest_side_its_size) {
    Mesh mesh = relief(noise_picture(300, 200), 64);
    fit(mesh, 100);
    float low = 1e9F, high = -1e9F;
    for (const cv::Vec3f& position : mesh.positions) {
        low = std::min(low, position[0]);
        high = std::max(high, position[0]);
    }
    EXPECT_NEAR(high - low, 100, 0.01);
    EXPECT_NEAR(high + low, 0, 0.01);
}

TEST(Stl, has_a_triangle_for_each_and_the_size_to_match) {
    const Mesh mesh = relief(noise_picture(64, 64), 64);
    EXPECT_EQ(to_stl(mesh).size(), 84 + 50 * mesh.triangles.size());
}

TEST(Preview, shows_the_model_on_nothing) {
    Mesh mesh = inflate(noise_picture(300, 300), disc_mask(300), 64, false);
    fit(mesh, 100);
    const cv::Mat preview = render_preview(mesh, 128, -24);
    EXPECT_EQ(preview.at<cv::Vec4b>(0, 0)[3], 0);
    EXPECT_EQ(preview.at<cv::Vec4b>(64, 64)[3], 255);
    cv::Mat alpha;
    cv::extractChannel(preview, alpha, 3);
    const double share = cv::countNonZero(alpha) / 16384.0;
    EXPECT_GT(share, 0.3);
    EXPECT_LT(share, 0.8);
}

}  // namespace
}  // namespace zoetrope::engine
