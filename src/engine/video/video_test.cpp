#include <gmock/gmock.h>

#include <opencv2/imgproc.hpp>
#include <utility>

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

TEST(Camera, keeps_a_head_that_touches_the_top_in_the_frame_while_it_pushes) {
    Scene scene;
    const int top = scene.frame.margin + 2;
    scene.mask.setTo(0);
    cv::rectangle(scene.mask, cv::Rect(300, top, 200, 400), cv::Scalar(1), -1);
    // A bright bar across the head, to be found again.
    scene.photo.setTo(0);
    scene.photo(cv::Rect(320, top, 160, 12)).setTo(cv::Scalar(255, 255, 255));
    Camera camera(make_layers(scene.photo, scene.mask, 40), scene.frame);
    const cv::Mat first = camera.see(pose_at(Motion::push, 0)).y.clone();
    const cv::Mat last = camera.see(pose_at(Motion::push, 1)).y.clone();
    const auto bright_rows = [](const cv::Mat& frame) {
        return cv::boundingRect(frame > 150).height;
    };
    EXPECT_GE(bright_rows(last), bright_rows(first));
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

// Both ways of the warp, over places inside, across and far beyond the plane.
TEST(Warp, is_the_same_on_every_processor_and_near_the_true_value) {
    const cv::Mat picture = textured({203, 61}, 3);
    cv::Mat plane;
    cv::extractChannel(picture, plane, 0);
    const BorderedPlane source(plane);
    cv::RNG random(7);
    for (int round = 0; round < 2000; ++round) {
        const int spans = 6;
        float x[spans + 1], y[spans + 1];
        const float scale = random.uniform(0.3F, 1.6F);
        const float slope = random.uniform(-0.05F, 0.05F);
        x[0] = random.uniform(-60.0F, 230.0F);
        y[0] = random.uniform(-60.0F, 100.0F);
        for (int i = 0; i < spans; ++i) {
            x[i + 1] = x[i] + scale * span_pixels;
            y[i + 1] = y[i] + slope * span_pixels;
        }
        unsigned char quick[spans * span_pixels], plain[spans * span_pixels];
        RowMap map(source.size(), spans);
        map.set(x, y, spans);
        map.apply(source, quick);
        map.apply_plainly(source, plain);
        EXPECT_THAT(quick, testing::ElementsAreArray(plain)) << "round " << round;
        const bool inside =
            x[0] > 0 && x[spans] < 202 && y[0] > 1 && y[0] < 59 && y[spans] > 1 && y[spans] < 59;
        if (!inside) continue;
        cv::Mat map_x(1, spans * span_pixels, CV_32F), map_y(map_x.size(), CV_32F), truth;
        for (int i = 0; i < map_x.cols; ++i) {
            map_x.at<float>(i) = x[0] + scale * float(i);
            map_y.at<float>(i) = y[0] + slope * float(i);
        }
        cv::remap(plane, truth, map_x, map_y, cv::INTER_LINEAR);
        const cv::Mat row(1, map_x.cols, CV_8U, plain);
        EXPECT_LE(cv::norm(row, truth, cv::NORM_INF), 6) << "round " << round;
    }
}

TEST(Frame, takes_the_shape_nearest_to_the_photo) {
    const auto shape = [](int width, int height) {
        const Frame frame = choose_frame(width, height, 720);
        return std::pair(frame.width, frame.height);
    };
    EXPECT_EQ(shape(6000, 4000), std::pair(1080, 720));
    EXPECT_EQ(shape(4000, 3000), std::pair(960, 720));
    EXPECT_EQ(shape(1920, 1080), std::pair(1280, 720));
    EXPECT_EQ(shape(1000, 1000), std::pair(720, 720));
    EXPECT_EQ(shape(3000, 4000), std::pair(720, 960));
    EXPECT_EQ(shape(2000, 1000), std::pair(1280, 640)) << "as wide as a film, and lower";
    EXPECT_EQ(shape(1000, 3000), std::pair(426, 1280));
    EXPECT_EQ(shape(10000, 20), std::pair(1280, 426)) << "and cut where it is wider than that";
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
