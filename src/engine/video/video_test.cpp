#include <gmock/gmock.h>

#include <opencv2/imgproc.hpp>

#include "engine/video/camera.hpp"
#include "engine/video/layers.hpp"

namespace zoetrope::engine {
namespace {

using engine_protocol::Motion;

// A picture with a texture that can be found again after it has moved.
cv::Mat textured(cv::Size size, int seed) {
    cv::Mat noise(size, CV_8UC3);
    cv::RNG random{std::uint64_t(seed)};
    random.fill(noise, cv::RNG::UNIFORM, 0, 255);
    cv::GaussianBlur(noise, noise, {}, 3);
    cv::normalize(noise, noise, 0, 255, cv::NORM_MINMAX);
    return noise;
}

struct Scene {
    Frame frame = choose_frame(1600, 900, 480);
    cv::Mat mask, photo;

    Scene() {
        const cv::Size canvas = frame.canvas();
        mask = cv::Mat::zeros(canvas, CV_32F);
        cv::ellipse(
            mask,
            {canvas.width / 2, canvas.height * 6 / 10},
            {90, 190},
            0,
            0,
            360,
            cv::Scalar(1),
            -1
        );
        photo = textured(canvas, 1);
        textured(canvas, 2).copyTo(photo, mask > 0.5);
    }
};

// Where the patch of `from` is found in `to`.
cv::Point moved(const cv::Mat& from, const cv::Mat& to, const cv::Rect& patch) {
    cv::Mat score;
    cv::matchTemplate(to, from(patch), score, cv::TM_CCOEFF_NORMED);
    cv::Point best;
    cv::minMaxLoc(score, nullptr, nullptr, nullptr, &best);
    return best - patch.tl();
}

TEST(Camera, moves_subject_and_background_apart) {
    const Scene scene;
    Camera camera(make_layers(scene.photo, scene.mask, 40), scene.frame);
    for (const auto [motion, late] : {std::pair{Motion::orbit, 0.5}, std::pair{Motion::pan, 1.0}}) {
        const cv::Mat first = camera.see(pose_at(motion, 0)).y.clone();
        const cv::Mat last = camera.see(pose_at(motion, late)).y.clone();
        const cv::Rect on_subject(
            scene.frame.width / 2 - 30, scene.frame.height * 6 / 10 - 60, 60, 60
        );
        const cv::Rect behind(60, 60, 60, 60);
        const int apart = moved(first, last, on_subject).x - moved(first, last, behind).x;
        EXPECT_GE(std::abs(apart), 0.015 * scene.frame.width);
        const double promised =
            camera.separation(pose_at(motion, 0), pose_at(motion, late)) * scene.frame.width;
        EXPECT_NEAR(std::abs(apart), promised, 3);
    }
}

TEST(Camera, brings_an_orbit_back_to_its_beginning) {
    const Scene scene;
    Camera camera(make_layers(scene.photo, scene.mask, 40), scene.frame);
    const cv::Mat first = camera.see(pose_at(Motion::orbit, 0)).y.clone();
    EXPECT_LT(cv::norm(first, camera.see(pose_at(Motion::orbit, 1)).y, cv::NORM_INF), 2);
}

TEST(Camera, shows_the_photo_unmoved_at_the_neutral_pose) {
    const Scene scene;
    Camera camera(make_layers(scene.photo, scene.mask, 40), scene.frame);
    const Planes& seen = camera.see({});
    const cv::Rect inner(
        scene.frame.margin, scene.frame.margin, scene.frame.width, scene.frame.height
    );
    cv::Mat grey;
    cv::transform(scene.photo(inner), grey, cv::Matx14f(0.0620F, 0.6142F, 0.1826F, 16));
    cv::Mat difference;
    cv::absdiff(grey, seen.y, difference);
    difference.setTo(
        0, scene.mask(inner) < 1
    );  // the edge is blended, and what it hides is guessed
    EXPECT_LT(cv::mean(difference)[0], 1.0);
}

TEST(Frame, takes_the_shape_nearest_to_the_photo) {
    const auto shape = [](int width, int height) {
        const Frame frame = choose_frame(width, height, 720);
        return std::pair(frame.width, frame.height);
    };
    EXPECT_EQ(shape(6000, 4000), std::pair(960, 720));
    EXPECT_EQ(shape(1920, 1080), std::pair(1280, 720));
    EXPECT_EQ(shape(1000, 1000), std::pair(720, 720));
    EXPECT_EQ(shape(3000, 4000), std::pair(720, 960));
    EXPECT_EQ(shape(1000, 3000), std::pair(720, 1280));
    EXPECT_EQ(shape(10000, 20), std::pair(1280, 720));
}

TEST(Crop, keeps_the_head_of_a_tall_subject) {
    const Frame frame = choose_frame(1600, 900, 480);
    const cv::Mat photo(1600, 900, CV_8UC3);
    cv::Mat mask = cv::Mat::zeros(photo.size(), CV_32F);
    cv::rectangle(mask, cv::Rect(300, 200, 300, 1400), cv::Scalar(1), -1);
    const cv::Rect2d crop = choose_crop(photo, mask, frame);
    EXPECT_LT(crop.y, 200);
    EXPECT_GE(crop.y, 0);
    EXPECT_LE(crop.br().x, photo.cols);
}

}  // namespace
}  // namespace zoetrope::engine
