#include "engine/video/camera.hpp"

#include <algorithm>
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
void blend(unsigned char* out, const unsigned char* over, const unsigned char* mask, int count) {
    for (int x = 0; x < count; ++x) {
        const unsigned sum =
            unsigned(over[x]) * mask[x] + unsigned(out[x]) * (255U - mask[x]) + 128U;
        out[x] = static_cast<unsigned char>((sum + (sum >> 8)) >> 8);
    }
}

// The nearness where each span begins, and where the last one ends.
cv::Mat at_spans(const cv::Mat& nearness) {
    cv::Mat out(nearness.rows, spans_of(nearness.cols) + 1, CV_32F);
    for (int i = 0; i < out.cols; ++i)
        nearness.col(std::min(i * span_pixels, nearness.cols - 1)).copyTo(out.col(i));
    return out;
}

// A point between pixel centres, on a plane of another size.
cv::Point2d at_scale(cv::Point2d point, double scale) {
    return {(point.x + 0.5) * scale - 0.5, (point.y + 0.5) * scale - 0.5};
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

// A pixel of nearness n is seen at focus + (p - focus) x scale + step x n, with scale = zoom + push
// x n. This is the inverse, with n taken where it is seen, which differs by less than the
// smoothness of n.
struct Camera::View {
    float zoom, push;
    float step_x, step_y;  // pixels
    float focus_x, focus_y;
    float margin;  // from the frame to the canvas

    void fill(const float* nearness, int row, int count, float* to_x, float* to_y) const {
        const float from_focus = float(row) - focus_y;
        for (int i = 0; i < count; ++i) {
            const float scale = 1 / (zoom + push * nearness[i]);
            const float x = float(i * span_pixels) - focus_x - step_x * nearness[i];
            to_x[i] = focus_x + margin + x * scale;
            to_y[i] = focus_y + margin + (from_focus - step_y * nearness[i]) * scale;
        }
    }

    float height(float nearness, int row) const {
        const float from_focus = float(row) - focus_y - step_y * nearness;
        return focus_y + margin + from_focus / (zoom + push * nearness);
    }

    // Where the frame shows a place of the canvas.
    cv::Point2f seen(cv::Point2f canvas, float nearness) const {
        const float scale = zoom + push * nearness;
        return {
            focus_x + (canvas.x - margin - focus_x) * scale + step_x * nearness,
            focus_y + (canvas.y - margin - focus_y) * scale + step_y * nearness
        };
    }
};

Camera::Camera(const Layers& layers, const Frame& frame)
    : frame_(frame),
      subject_nearness_(layers.subject_nearness),
      subject_box_(layers.subject_box) {
    const auto take = [](const cv::Mat& bgr) {
        const Planes planes = to_planes(bgr);
        return Layer{BorderedPlane(planes.y), BorderedPlane(planes.u), BorderedPlane(planes.v), {}};
    };
    background_ = take(layers.background);
    const cv::Mat nearness =
        layers.nearness(cv::Rect(frame.margin, frame.margin, frame.width, frame.height));
    cv::Mat small;
    cv::resize(nearness, small, {}, 0.5, 0.5, cv::INTER_AREA);
    nearness_[full] = at_spans(nearness);
    nearness_[half] = at_spans(small);
    if (!layers.subject.empty()) {
        subject_ = take(layers.subject);
        cv::resize(layers.mask, small, {}, 0.5, 0.5, cv::INTER_AREA);
        subject_.mask[full] = BorderedPlane(layers.mask);
        subject_.mask[half] = BorderedPlane(small);
    }
    double low = 0, high = 0;
    cv::minMaxLoc(nearness, &low, &high);
    flat_ = high - low < 1e-6;
    focus_ = choose_focus();
    const cv::Size chroma(frame.width / 2, frame.height / 2);
    out_ = {make_spanned({frame.width, frame.height}), make_spanned(chroma), make_spanned(chroma)};
    const std::size_t borders = std::size_t(spans_of(frame.width)) + 1;
    for (const BorderedPlane* plane : {&background_.y, &background_.u})
        maps_.emplace_back(plane->size(), int(borders));
    x_.resize(borders);
    y_.resize(borders);
    over_.resize(borders * span_pixels);
    opacity_.resize(borders * span_pixels);
}

cv::Point2d Camera::choose_focus() const {
    cv::Point2d focus((frame_.width - 1) / 2.0, (frame_.height - 1) / 2.0);
    if (subject_.y.empty()) return focus;
    const cv::Rect2d box = subject_box_ - cv::Point(frame_.margin, frame_.margin);
    // The end of the strongest push. A row y comes to focus + (y - focus) x grown, which must not
    // be above the frame for the subject's first row; one that is cut already stays where it is.
    const double grown = 1 + push_zoom + push_depth * subject_nearness_;
    const double head = std::max(0.0, box.y);
    const double middle = box.y + box.height / 2;
    focus.x = std::clamp(box.x + box.width / 2, 0.25 * frame_.width, 0.75 * frame_.width);
    focus.y = std::clamp(middle, 0.0, head * grown / (grown - 1));
    focus.y = std::min(focus.y, 0.75 * frame_.height);
    return focus;
}

Camera::View Camera::view_of(const Pose& pose, Level level) const {
    const double scale = level == full ? 1 : 0.5;
    const cv::Point2d focus = at_scale(focus_, scale);
    const double width = frame_.width * scale;
    return {
        .zoom = float(pose.zoom),
        .push = float(pose.push),
        .step_x = float(pose.right * width),
        .step_y = float(pose.down * width),
        .focus_x = float(focus.x),
        .focus_y = float(focus.y),
        .margin = float(frame_.margin * scale)
    };
}

void Camera::warp_background(const View& view, Level level) {
    const cv::Mat& nearness = nearness_[level];
    const int spans = nearness.cols - 1;
    RowMap& map = maps_[level];
    for (int row = 0; row < nearness.rows; ++row) {
        if (flat_ && row > 0) {
            map.move_to(view.height(nearness.at<float>(0, 0), row));
        } else {
            view.fill(nearness.ptr<float>(row), row, spans + 1, x_.data(), y_.data());
            map.set(x_.data(), y_.data(), spans);
        }
        if (level == full) {
            map.apply(background_.y, out_.y.ptr(row));
        } else {
            map.apply(background_.u, out_.u.ptr(row));
            map.apply(background_.v, out_.v.ptr(row));
        }
    }
}

// Only where the subject's box is seen.
void Camera::blend_subject(const View& view, Level level) {
    const cv::Mat& target = level == full ? out_.y : out_.u;
    const float scale = level == full ? 1 : 0.5F;
    constexpr float soft = 6;  // pixels by which the mask's edge may reach out of the box
    const cv::Point2f first = view.seen(cv::Point2f(subject_box_.tl()) * scale, subject_nearness_);
    const cv::Point2f last = view.seen(cv::Point2f(subject_box_.br()) * scale, subject_nearness_);
    const int left = std::max(0, int(first.x - soft)) / span_pixels;
    const int right = std::min(spans_of(target.cols), spans_of(int(last.x + soft)));
    const int top = std::max(0, int(first.y - soft));
    const int bottom = std::min(target.rows, int(last.y + soft));
    const int spans = right - left;
    if (spans <= 0) return;
    RowMap& map = maps_[level];
    const std::vector<float> nearness(std::size_t(right) + 1, subject_nearness_);
    view.fill(nearness.data(), top, right + 1, x_.data(), y_.data());
    map.set(x_.data() + left, y_.data() + left, spans);
    for (int row = top; row < bottom; ++row) {
        map.move_to(view.height(subject_nearness_, row));
        const auto put = [&](const BorderedPlane& plane, cv::Mat& out) {
            map.apply(plane, over_.data());
            blend(
                out.ptr(row) + std::ptrdiff_t(left) * span_pixels,
                over_.data(),
                opacity_.data(),
                spans * span_pixels
            );
        };
        map.apply(subject_.mask[level], opacity_.data());
        if (level == full) {
            put(subject_.y, out_.y);
        } else {
            put(subject_.u, out_.u);
            put(subject_.v, out_.v);
        }
    }
}

const Planes& Camera::see(const Pose& pose) {
    for (const Level level : {full, half}) {
        const View view = view_of(pose, level);
        warp_background(view, level);
        if (!subject_.y.empty()) blend_subject(view, level);
    }
    return out_;
}

double Camera::separation(const Pose& a, const Pose& b) const {
    if (subject_.y.empty()) return 0;
    const double background = nearness_[full].at<float>(
        std::clamp(subject_box_.y - frame_.margin + subject_box_.height / 4, 0, frame_.height - 1),
        nearness_[full].cols / 2
    );
    const double apart = subject_nearness_ - background;
    const double side =
        subject_box_.width / 2.0 / frame_.width;  // how far the subject's sides are from its middle
    const double by_step = std::hypot(a.right - b.right, a.down - b.down) * apart;
    const double by_push = std::abs(a.push - b.push) * apart * side;
    return by_step + by_push;
}

}  // namespace zoetrope::engine
