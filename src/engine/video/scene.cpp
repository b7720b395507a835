#include "engine/video/scene.hpp"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "engine/masks.hpp"
#include "engine/matte.hpp"

namespace zoetrope::engine {

namespace {

// The most that layers move apart, as a share of the canvas: what is hidden is completed so far.
constexpr double reach = 0.05;

cv::Mat crop_to(const cv::Mat& picture, const cv::Rect2d& crop, cv::Size size) {
    const double scale = size.width / crop.width;
    const cv::Matx23d map(
        1 / scale, 0, crop.x + 0.5 / scale - 0.5, 0, 1 / scale, crop.y + 0.5 / scale - 0.5
    );
    cv::Mat out;
    if (scale < 1) {  // smaller: average whole pixels, or fine detail would shimmer
        const cv::Rect whole(
            int(crop.x),
            int(crop.y),
            std::min(picture.cols - int(crop.x), int(std::ceil(crop.width))),
            std::min(picture.rows - int(crop.y), int(std::ceil(crop.height)))
        );
        cv::resize(picture(whole), out, size, 0, 0, cv::INTER_AREA);
    } else {
        cv::warpAffine(
            picture, out, map, size, cv::INTER_CUBIC | cv::WARP_INVERSE_MAP, cv::BORDER_REPLICATE
        );
    }
    return out;
}

}  // namespace

Scene make_scene(
    cv::Mat photo, std::optional<cv::Mat> mask, const Frame& frame, engine_protocol::Motion motion
) {
    const cv::Size canvas = frame.canvas();
    const auto own = mask ? own_mask(photo) : std::nullopt;
    photo = on_ground(photo);
    if (own) mask = own;
    if (mask) {
        mask->convertTo(*mask, CV_32F, 1 / 255.0);
        cv::resize(*mask, *mask, photo.size(), 0, 0, cv::INTER_LINEAR);
    }
    const cv::Rect2d crop = choose_crop(photo, mask, frame);
    const cv::Mat shown = crop_to(photo, crop, canvas);
    if (mask) {
        const int radius = std::max(4, canvas.width / 160);
        const cv::Mat cut = crop_to(*mask, crop, canvas);
        mask = own ? cut : refine(cut, shown, radius);
    }
    Scene scene{frame, make_layers(shown, mask, int(reach * canvas.width))};
    if (motion == engine_protocol::Motion::ken_burns)
        scene.layers.nearness.setTo(0);  // the photo stays flat
    return scene;
}

}  // namespace zoetrope::engine
