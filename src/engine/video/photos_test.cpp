// Real photos: the cut-out finds their subject, and the camera moves it apart from what is behind.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "engine/matte.hpp"
#include "engine/video/camera.hpp"
#include "engine/video/scene.hpp"

namespace zoetrope::engine {
namespace {

using engine_protocol::Motion;

constexpr const char* photos[] = {
    "share/sample/seeding.jpg",
    "tests/photos/astronaut.jpg",
    "tests/photos/chelsea.jpg",
    "tests/photos/coffee.jpg",
    "tests/photos/friends.jpg",
    "tests/photos/life.jpg",
    "tests/photos/rocket.jpg",
    "tests/photos/wine.jpg",
};

int open_weights() {
    const char* path = std::getenv("ZOETROPE_MATTE_WEIGHTS");
    if (path == nullptr) throw std::runtime_error("ZOETROPE_MATTE_WEIGHTS is not set; see ./test");
    return ::open(path, O_RDONLY | O_CLOEXEC);
}

constexpr int patch_side = 31;

// The patch with most to hold on to among those whose middle `allowed` has.
cv::Rect best_patch(const cv::Mat& frame, const cv::Mat& allowed) {
    cv::Mat across, strength;
    cv::Sobel(frame, across, CV_32F, 1, 0);
    cv::boxFilter(across.mul(across), strength, CV_32F, {patch_side, patch_side});
    cv::Point middle;
    cv::minMaxLoc(strength, nullptr, nullptr, nullptr, &middle, allowed);
    return {middle.x - patch_side / 2, middle.y - patch_side / 2, patch_side, patch_side};
}

// How far to the right the patch of `from` has gone in `to`, in pixels.
int moved_by(const cv::Mat& from, const cv::Mat& to, const cv::Rect& patch) {
    constexpr int most = 60;  // farther than any layer goes
    const cv::Rect window =
        cv::Rect(patch.x - most, patch.y - 3, patch.width + 2 * most, patch.height + 6) &
        cv::Rect({}, to.size());
    cv::Mat score;
    cv::matchTemplate(to(window), from(patch), score, cv::TM_CCOEFF_NORMED);
    cv::Point best;
    cv::minMaxLoc(score, nullptr, nullptr, nullptr, &best);
    return window.x + best.x - patch.x;
}

// Frame pixels at least `away` from the mask's edge, inside of it and outside, and so far from the
// frame's own edge that a patch there stays in it.
struct Sides {
    cv::Mat subject, behind;

    Sides(const Scene& scene, int away) {
        const Frame& frame = scene.frame;
        const cv::Rect inner(frame.margin, frame.margin, frame.width, frame.height);
        const cv::Mat mask = scene.layers.mask(inner);
        cv::Mat depth, distance;
        cv::distanceTransform(mask > 200, depth, cv::DIST_L2, 3);
        cv::distanceTransform(mask < 20, distance, cv::DIST_L2, 3);
        cv::Mat usable = cv::Mat::zeros(mask.size(), CV_8U);
        const int edge = patch_side / 2 + frame.margin;
        usable(cv::Rect(edge, edge, frame.width - 2 * edge, frame.height - 2 * edge)).setTo(255);
        subject = (depth > away) & usable;
        behind = (distance > away) & usable;
        // The ground in front of a subject moves with it: what is behind is beside its upper half.
        const cv::Rect box = scene.layers.subject_box;
        behind
            .rowRange(
                std::clamp(box.y - frame.margin + box.height / 2, 0, frame.height), frame.height
            )
            .setTo(0);
    }
};

// In frame widths, or nothing where the subject leaves too little of the background to measure.
std::optional<double> moved_apart(const cv::Mat& photo, const cv::Mat& mask) {
    const Frame frame = choose_frame(photo.cols, photo.rows, 480);
    const Scene scene = make_scene(photo, mask, frame, Motion::orbit);
    const Sides sides(scene, frame.margin);
    if (cv::countNonZero(sides.subject) == 0 || cv::countNonZero(sides.behind) == 0)
        return std::nullopt;
    Camera camera(scene.layers, frame);
    const cv::Mat first = camera.see(pose_at(Motion::orbit, 0)).y.clone();
    const cv::Mat opposite = camera.see(pose_at(Motion::orbit, 0.5)).y.clone();
    const int subject = moved_by(first, opposite, best_patch(first, sides.subject));
    const int behind = moved_by(first, opposite, best_patch(first, sides.behind));
    return std::abs(subject - behind) / double(frame.width);
}

TEST(Photos, with_a_clear_subject_move_it_apart_from_what_is_behind) {
    const int network = open_weights();
    ASSERT_GE(network, 0);
    int measured = 0;
    for (const char* name : photos) {
        const cv::Mat photo = cv::imread((std::filesystem::path(ZOETROPE_SOURCE) / name).string());
        ASSERT_FALSE(photo.empty()) << name;
        const CutOut found = cut_out(photo, network);
        if (found.verdict.subject != engine_protocol::Subject::clear) continue;
        const auto apart = moved_apart(photo, found.mask);
        if (!apart) continue;
        ++measured;
        EXPECT_GE(*apart, 0.015) << name;
    }
    ::close(network);
    EXPECT_GE(measured, 5);
}

}  // namespace
}  // namespace zoetrope::engine
