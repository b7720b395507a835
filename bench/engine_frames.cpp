// bench_engine PHOTO SHORT_SIDE SECONDS: frames a second that the camera sees, without an encoder.
//
// The subject is an ellipse in the middle: what a frame costs does not depend on the mask's shape.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "engine/video/camera.hpp"

namespace {

using namespace zoetrope::engine;
using zoetrope::engine_protocol::Motion;

double frames_per_s(const Layers& layers, const Frame& frame, Motion motion, double seconds) {
    Camera camera(layers, frame);
    constexpr int loop = 120;
    const auto begun = std::chrono::steady_clock::now();
    int frames = 0;
    double passed = 0;
    while (passed < seconds) {
        camera.see(pose_at(motion, double(frames++ % loop) / loop));
        passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    }
    return frames / passed;
}

}  // namespace

int main(int count, char** words) {
    if (count != 4) {
        std::fputs("bench_engine PHOTO SHORT_SIDE SECONDS\n", stderr);
        return 2;
    }
    cv::setNumThreads(1);
    const double seconds = std::atof(words[3]);
    cv::Mat photo = cv::imread(words[1]);
    if (photo.empty()) {
        std::fprintf(stderr, "%s cannot be read as a picture.\n", words[1]);
        return 1;
    }
    const Frame frame = choose_frame(photo.cols, photo.rows, std::atoi(words[2]));
    const cv::Size canvas = frame.canvas();
    cv::resize(photo, photo, canvas, 0, 0, cv::INTER_AREA);
    cv::Mat mask = cv::Mat::zeros(canvas, CV_32F);
    cv::ellipse(
        mask,
        {canvas.width / 2, canvas.height * 5 / 9},
        {canvas.width / 6, canvas.height / 3},
        0,
        0,
        360,
        cv::Scalar(1),
        -1
    );
    Layers flat{.background = photo, .nearness = cv::Mat::zeros(canvas, CV_32F)};
    const Layers parted = make_layers(photo, mask, canvas.width / 20);
    std::printf(
        "{\"width\": %d, \"height\": %d, \"ken_burns\": %.1f, \"orbit\": %.1f, \"push\": %.1f}\n",
        frame.width,
        frame.height,
        frames_per_s(flat, frame, Motion::ken_burns, seconds),
        frames_per_s(parted, frame, Motion::orbit, seconds),
        frames_per_s(parted, frame, Motion::push, seconds)
    );
}
