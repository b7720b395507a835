// local/parallax: one photo to a video in which a camera moves.
#include <algorithm>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "engine/operations.hpp"
#include "engine/picture.hpp"
#include "engine/video/camera.hpp"
#include "engine/video/encoder.hpp"
#include "engine/video/scene.hpp"
#include "platform/base/json/read.hpp"

namespace zoetrope::engine {

namespace {

namespace ep = engine_protocol;

constexpr int frames_per_s = 30;

Scene read_scene(const Task& task, const ep::ParallaxParams& params) {
    const Mapped file(task.inputs.at(0));
    const PictureHeader header = read_header(file.bytes());
    const Frame frame =
        choose_frame(header.shown_width(), header.shown_height(), params.short_side);
    const cv::Size canvas = frame.canvas();
    const cv::Mat photo = decode(file.bytes(), header, std::max(canvas.width, canvas.height));
    std::optional<cv::Mat> mask;
    if (task.inputs.size() > 1) {
        const Mapped mask_file(task.inputs[1]);
        mask = decode_mask(mask_file.bytes());
    }
    task.channel.progress(0.02, "separating the layers");
    return make_scene(photo, mask, frame, params.motion);
}

void write_poster(const Planes& planes, int fd) {
    cv::Mat u, v, yuv, bgr;
    cv::resize(planes.u, u, planes.y.size(), 0, 0, cv::INTER_LINEAR);
    cv::resize(planes.v, v, planes.y.size(), 0, 0, cv::INTER_LINEAR);
    cv::merge(std::vector<cv::Mat>{planes.y, u, v}, yuv);
    static const cv::Matx34f to_bgr(  // the inverse of camera.cpp's matrix
        1.1644F,
        2.1124F,
        0.0F,
        -289.017F,
        1.1644F,
        -0.2132F,
        -0.5329F,
        76.878F,
        1.1644F,
        0.0F,
        1.7927F,
        -248.101F
    );
    cv::transform(yuv, bgr, to_bgr);
    std::vector<unsigned char> jpeg;
    cv::imencode(".jpg", bgr, jpeg, {cv::IMWRITE_JPEG_QUALITY, 88});
    write_all(fd, jpeg);
}

}  // namespace

std::string parallax(const Task& task) {
    const auto params = json::read<ep::ParallaxParams>(task.order.params.text);
    if (!params) throw std::runtime_error("parallax: " + params.error().message);
    const Scene scene = read_scene(task, *params);
    const int frames = std::max(1, int(std::lround(params->duration_s * frames_per_s)));
    Camera camera(scene.layers, scene.frame);
    Encoder mp4(
        Format::mp4, task.outputs.at(0), scene.frame.width, scene.frame.height, frames_per_s
    );
    Encoder webm(
        Format::webm, task.outputs.at(1), scene.frame.width, scene.frame.height, frames_per_s
    );
    // A loop's last frame is the one before its first; the other motions arrive.
    const double last = params->motion == ep::Motion::orbit ? frames : std::max(1, frames - 1);
    for (int i = 0; i < frames; ++i) {
        const Planes& planes = camera.see(pose_at(params->motion, i / last));
        if (i == 0) write_poster(planes, task.outputs.at(2));
        mp4.add(planes);
        webm.add(planes);
        task.channel.progress(0.08 + 0.9 * (i + 1) / frames, "rendering the video");
    }
    mp4.finish();
    webm.finish();
    const bool two = !scene.layers.subject.empty();
    const Pose first = pose_at(params->motion, 0);
    const Pose opposite = pose_at(params->motion, params->motion == ep::Motion::orbit ? 0.5 : 1);
    return json::to_string(ep::Rendered{
        scene.frame.width,
        scene.frame.height,
        frames,
        int(std::lround(1000.0 * frames / frames_per_s)),
        two ? 2 : 1,
        camera.separation(first, opposite)
    });
}

}  // namespace zoetrope::engine
