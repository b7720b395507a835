#include "engine/video/camera.hpp"

#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

namespace zoetrope::engine {

namespace {

using engine_protocol::Motion;

constexpr double swing = 0.022;  // widths per unit of nearness, at the extremes
constexpr double pan_swing = 0.026;
constexpr double push_zoom = 0.05;
constexpr double push_depth = 0.09;
constexpr double ken_burns_zoom = 0.055;

double ease(double t) { return t * t * (3 - 2 * t); }

Planes to_planes(const cv::Mat& bgr) {
    cv::Mat even = bgr;
    if (bgr.cols % 2 || bgr.rows % 2) even = bgr(cv::Rect(0, 0, bgr.cols & ~1, bgr.rows & ~1));
    // BT.709, limited range (ITU-R BT.709-6, item 3): rows are Y, Cb, Cr of B, G, R.
    static const cv::Matx34f matrix(
        0.0620F,
        0.6142F,
        0.1826F,
        16,
        0.4392F,
        -0.3386F,
        -0.1006F,
        128,
        -0.0403F,
        -0.3989F,
        0.4392F,
        128
    );
    cv::Mat yuv;
    cv::transform(even, yuv, matrix);
    std::vector<cv::Mat> channels;
    cv::split(yuv, channels);
    Planes planes{channels[0], {}, {}};
    cv::resize(channels[1], planes.u, {}, 0.5, 0.5, cv::INTER_AREA);
    cv::resize(channels[2], planes.v, {}, 0.5, 0.5, cv::INTER_AREA);
    return planes;
}

// out = over x mask + out x (255 - mask), in whole numbers; the compiler makes vectors of it.
void blend(cv::Mat& out, const cv::Mat& over, const cv::Mat& mask) {
    for (int y = 0; y < out.rows; ++y) {
        unsigned char* to = out.ptr(y);
        const unsigned char* from = over.ptr(y);
        const unsigned char* alpha = mask.ptr(y);
        for (int x = 0; x < out.cols; ++x) {
            const unsigned sum =
                unsigned(from[x]) * alpha[x] + unsigned(to[x]) * (255U - alpha[x]) + 128U;
            to[x] = static_cast<unsigned char>((sum + (sum >> 8)) >> 8);
        }
    }
}

}  // namespace

Pose pose_at(Motion motion, double time) {
    const double turn = 2 * std::numbers::pi * time;
    switch (motion) {
        case Motion::orbit:
            return {.right = swing * std::cos(turn), .down = 0.3 * swing * std::sin(turn)};
        case Motion::push:
            return {.zoom = 1 + push_zoom * ease(time), .push = push_depth * ease(time)};
        case Motion::pan:
            return {.right = pan_swing * (1 - 2 * ease(time))};
        case Motion::ken_burns:
            return {.zoom = 1 + ken_burns_zoom * ease(time)};
    }
    return {};
}

Camera::Camera(const Layers& layers, const Frame& frame)
    : frame_(frame),
      background_(to_planes(layers.background)),
      subject_nearness_(layers.subject_nearness),
      subject_box_(layers.subject_box) {
    const cv::Rect inner(frame.margin, frame.margin, frame.width, frame.height);
    nearness_ = layers.nearness(inner).clone();
    cv::resize(nearness_, half_nearness_, {}, 0.5, 0.5, cv::INTER_AREA);
    double low = 0, high = 0;
    cv::minMaxLoc(nearness_, &low, &high);
    flat_ = high - low < 1e-6;
    if (!layers.subject.empty()) {
        subject_ = to_planes(layers.subject);
        mask_ = layers.mask;
        cv::resize(mask_, half_mask_, {}, 0.5, 0.5, cv::INTER_AREA);
    }
}

// The canvas pixel behind each frame pixel. A pixel of nearness n is seen at centre + (p - centre)
// x scale + step x n, with scale = zoom + push x n; the map is its inverse, with n taken where it
// is seen, which differs by less than the smoothness of n.
static void fill_maps(
    const cv::Mat& nearness,
    const Pose& pose,
    double step_x,
    double step_y,
    double margin,
    cv::Mat& map_x,
    cv::Mat& map_y
) {
    map_x.create(nearness.size(), CV_32F);
    map_y.create(nearness.size(), CV_32F);
    const float centre_x = float(nearness.cols - 1) / 2;
    const float centre_y = float(nearness.rows - 1) / 2;
    for (int y = 0; y < nearness.rows; ++y) {
        const float* near = nearness.ptr<float>(y);
        float* to_x = map_x.ptr<float>(y);
        float* to_y = map_y.ptr<float>(y);
        const float dy = float(y) - centre_y;
        for (int x = 0; x < nearness.cols; ++x) {
            const float scale = 1 / (float(pose.zoom) + float(pose.push) * near[x]);
            to_x[x] =
                centre_x + float(margin) + (float(x) - centre_x - float(step_x) * near[x]) * scale;
            to_y[x] = centre_y + float(margin) + (dy - float(step_y) * near[x]) * scale;
        }
    }
}

static cv::Matx23d centred_scale(
    cv::Size frame, double scale, double shift_x, double shift_y, double margin
) {
    const double inverse = 1 / scale;
    const double centre_x = (frame.width - 1) / 2.0;
    const double centre_y = (frame.height - 1) / 2.0;
    return {
        inverse,
        0,
        centre_x + margin - (centre_x + shift_x) * inverse,
        0,
        inverse,
        centre_y + margin - (centre_y + shift_y) * inverse
    };
}

void Camera::warp_background(const Pose& pose) {
    const cv::Size full(frame_.width, frame_.height);
    const cv::Size half(frame_.width / 2, frame_.height / 2);
    if (flat_) {
        const double near = nearness_.at<float>(0, 0);
        const double scale = pose.zoom + pose.push * near;
        const double x = pose.right * frame_.width * near;
        const double y = pose.down * frame_.width * near;
        constexpr int how = cv::INTER_LINEAR | cv::WARP_INVERSE_MAP;
        const cv::Matx23d map = centred_scale(full, scale, x, y, frame_.margin);
        const cv::Matx23d half_map = centred_scale(half, scale, x / 2, y / 2, frame_.margin / 2.0);
        cv::warpAffine(background_.y, out_.y, map, full, how, cv::BORDER_REPLICATE);
        cv::warpAffine(background_.u, out_.u, half_map, half, how, cv::BORDER_REPLICATE);
        cv::warpAffine(background_.v, out_.v, half_map, half, how, cv::BORDER_REPLICATE);
        return;
    }
    const double x = pose.right * frame_.width;
    const double y = pose.down * frame_.width;
    fill_maps(nearness_, pose, x, y, frame_.margin, map_x_, map_y_);
    fill_maps(half_nearness_, pose, x / 2, y / 2, frame_.margin / 2.0, half_map_x_, half_map_y_);
    cv::remap(background_.y, out_.y, map_x_, map_y_, cv::INTER_LINEAR, cv::BORDER_REPLICATE);
    cv::remap(
        background_.u, out_.u, half_map_x_, half_map_y_, cv::INTER_LINEAR, cv::BORDER_REPLICATE
    );
    cv::remap(
        background_.v, out_.v, half_map_x_, half_map_y_, cv::INTER_LINEAR, cv::BORDER_REPLICATE
    );
}

cv::Matx23d Camera::subject_map(const Pose& pose, double scale) const {
    const cv::Size size(int(frame_.width * scale), int(frame_.height * scale));
    return centred_scale(
        size,
        pose.zoom + pose.push * subject_nearness_,
        pose.right * size.width * subject_nearness_,
        pose.down * size.width * subject_nearness_,
        frame_.margin * scale
    );
}

void Camera::blend_subject(const Pose& pose) {
    constexpr int how = cv::INTER_LINEAR | cv::WARP_INVERSE_MAP;
    const cv::Size full(frame_.width, frame_.height);
    const cv::Size half(frame_.width / 2, frame_.height / 2);
    const cv::Matx23d map = subject_map(pose, 1);
    const cv::Matx23d half_map = subject_map(pose, 0.5);
    cv::warpAffine(subject_.y, layer_.y, map, full, how, cv::BORDER_REPLICATE);
    cv::warpAffine(subject_.u, layer_.u, half_map, half, how, cv::BORDER_REPLICATE);
    cv::warpAffine(subject_.v, layer_.v, half_map, half, how, cv::BORDER_REPLICATE);
    cv::warpAffine(mask_, layer_mask_, map, full, how, cv::BORDER_REPLICATE);
    cv::warpAffine(half_mask_, half_layer_mask_, half_map, half, how, cv::BORDER_REPLICATE);
    blend(out_.y, layer_.y, layer_mask_);
    blend(out_.u, layer_.u, half_layer_mask_);
    blend(out_.v, layer_.v, half_layer_mask_);
}

const Planes& Camera::see(const Pose& pose) {
    warp_background(pose);
    if (!mask_.empty()) blend_subject(pose);
    return out_;
}

double Camera::separation(const Pose& a, const Pose& b) const {
    if (mask_.empty()) return 0;
    const double background = nearness_.at<float>(
        std::clamp(subject_box_.y - frame_.margin + subject_box_.height / 4, 0, frame_.height - 1),
        frame_.width / 2
    );
    const double apart = subject_nearness_ - background;
    const double side =
        subject_box_.width / 2.0 / frame_.width;  // how far the subject's sides are from its middle
    const double by_step = std::hypot(a.right - b.right, a.down - b.down) * apart;
    const double by_push = std::abs(a.push - b.push) * apart * side;
    return by_step + by_push;
}

}  // namespace zoetrope::engine
