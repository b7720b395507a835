#include "engine/video/layers.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <opencv2/photo.hpp>

#include "engine/masks.hpp"

namespace zoetrope::engine {

namespace {

constexpr float far_nearness = -0.5F;
constexpr float standing_nearness = 0.5F;
constexpr double horizon_above_contact =
    0.42;  // of the height; the ground of a photo rarely reaches higher

int even(double length) { return int(std::lround(length / 2)) * 2; }

// The row on which the subject stands, or nothing when it is cut by the frame's lower edge: then
// the ground it stands on is not in the picture.
std::optional<int> contact_row(const cv::Mat& mask, const cv::Rect& box) {
    const int bottom_band = std::max(2, mask.rows / 100);
    if (box.br().y >= mask.rows - bottom_band) return std::nullopt;
    return box.br().y;
}

// Ground-plane prior: nearness grows linearly below the horizon, and reaches the subject's at the
// row it stands on.
cv::Mat ground_nearness(cv::Size size, int contact) {
    const double horizon = contact - horizon_above_contact * size.height;
    cv::Mat nearness(size, CV_32F);
    for (int y = 0; y < size.height; ++y) {
        const double t = std::max(0.0, (y - horizon) / (contact - horizon));
        nearness.row(y).setTo(
            float(far_nearness + (standing_nearness - far_nearness) * std::min(t, 1.6))
        );
    }
    return nearness;
}

// Without a subject: the lower part and the middle are usually nearer; all of it smooth, so nothing
// tears.
cv::Mat sheet_nearness(cv::Size size) {
    cv::Mat nearness(size, CV_32F);
    for (int y = 0; y < size.height; ++y) {
        const double v = double(y) / size.height;
        float* row = nearness.ptr<float>(y);
        for (int x = 0; x < size.width; ++x) {
            const double u = double(x) / size.width - 0.5;
            const double bump = std::exp(-(u * u + (v - 0.55) * (v - 0.55)) / 0.09);
            row[x] = float(far_nearness + 0.55 * v * v + 0.45 * bump);
        }
    }
    return nearness;
}

// What lies behind the subject. Only a ring as wide as the camera's reach is ever seen, so only
// that is worked out with care (Telea, "An Image Inpainting Technique Based on the Fast Marching
// Method", 2004); behind it a smooth fill does.
cv::Mat complete(const cv::Mat& photo, const cv::Mat& mask, int reach) {
    cv::Mat hole = mask > 0.02;
    cv::dilate(hole, hole, cv::getStructuringElement(cv::MORPH_ELLIPSE, {7, 7}));
    cv::Mat filled = fill_behind(photo, mask);
    cv::Mat depth;
    cv::distanceTransform(hole, depth, cv::DIST_L2, 3);
    cv::Mat ring = (depth > 0) & (depth < float(reach + 6));
    // Half size: the fill is soft anyway, and takes a quarter of the time.
    cv::Mat small, small_ring;
    cv::resize(filled, small, {}, 0.5, 0.5, cv::INTER_AREA);
    cv::resize(ring, small_ring, small.size(), 0, 0, cv::INTER_NEAREST);
    cv::inpaint(small, small_ring, small, 5, cv::INPAINT_TELEA);
    cv::resize(small, small, photo.size(), 0, 0, cv::INTER_LINEAR);
    small.copyTo(filled, ring);
    // Marching leaves streaks; the farther in, the smoother.
    cv::Mat soft;
    cv::GaussianBlur(filled, soft, {}, std::max(1.0, photo.cols / 400.0));
    soft.copyTo(filled, depth > 3);
    return filled;
}

}  // namespace

Frame choose_frame(int photo_width, int photo_height, int short_side) {
    constexpr double widest = 3;            // beyond that little would be seen
    constexpr double long_side = 16.0 / 9;  // of short_side: wider photos make lower videos
    const double shape = std::clamp(double(photo_width) / photo_height, 1 / widest, widest);
    const double longer = short_side * std::min(std::max(shape, 1 / shape), long_side);
    Frame frame{
        .width = even(shape >= 1 ? longer : longer * shape),
        .height = even(shape >= 1 ? longer / shape : longer),
        .margin = 0
    };
    frame.margin = even(0.03 * std::max(frame.width, frame.height));
    return frame;
}

cv::Rect2d choose_crop(
    const cv::Mat& photo, const std::optional<cv::Mat>& mask, const Frame& frame
) {
    const cv::Size canvas = frame.canvas();
    const double scale =
        std::min(double(photo.cols) / canvas.width, double(photo.rows) / canvas.height);
    const cv::Size2d size(canvas.width * scale, canvas.height * scale);
    cv::Point2d at((photo.cols - size.width) / 2, (photo.rows - size.height) * 0.4);
    if (mask) {
        const cv::Rect box = cv::boundingRect(*mask > 0.5);
        if (box.area() > 0) {
            const double head = box.y - 0.06 * size.height - frame.margin * scale;  // room above it
            const double middle = box.y + box.height / 2.0 - size.height / 2;
            at.x = box.x + box.width / 2.0 - size.width / 2;
            at.y = std::min(middle, head);
        }
    }
    at.x = std::clamp(at.x, 0.0, std::max(0.0, photo.cols - size.width));
    at.y = std::clamp(at.y, 0.0, std::max(0.0, photo.rows - size.height));
    return {at, size};
}

Layers make_layers(const cv::Mat& photo, const std::optional<cv::Mat>& mask, int reach) {
    if (!mask) return {.background = photo, .nearness = sheet_nearness(photo.size())};
    Layers layers;
    layers.subject_box = cv::boundingRect(*mask > 0.5);
    layers.subject_nearness = standing_nearness;
    const auto contact = contact_row(*mask, layers.subject_box);
    layers.nearness = contact ? ground_nearness(photo.size(), *contact)
                              : cv::Mat(photo.size(), CV_32F, cv::Scalar(far_nearness));
    layers.background = complete(photo, *mask, reach);
    layers.subject = decontaminate(photo, *mask, layers.background);
    mask->convertTo(layers.mask, CV_8U, 255);
    return layers;
}

}  // namespace zoetrope::engine
