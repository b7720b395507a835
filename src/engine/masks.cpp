#include "engine/masks.hpp"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace zoetrope::engine {

cv::Mat on_ground(const cv::Mat& picture) {
    if (picture.channels() != 4) return picture;
    constexpr int ground = 232;
    cv::Mat out(picture.size(), CV_8UC3);
    for (int y = 0; y < picture.rows; ++y) {
        const auto* from = picture.ptr<cv::Vec4b>(y);
        auto* to = out.ptr<cv::Vec3b>(y);
        for (int x = 0; x < picture.cols; ++x) {
            const int alpha = from[x][3];
            for (int i = 0; i < 3; ++i)
                to[x][i] = static_cast<unsigned char>(
                    (from[x][i] * alpha + ground * (255 - alpha) + 127) / 255
                );
        }
    }
    return out;
}

cv::Mat refine(const cv::Mat& coarse, const cv::Mat& picture, int radius) {
    // What the network is unsure of becomes a yes or a no; the filter then gives true edges their
    // softness back.
    cv::Mat firm = (coarse - 0.25) / 0.5;
    cv::min(firm, 1.0, firm);
    cv::max(firm, 0.0, firm);
    constexpr double smoothness =
        1e-4;  // the paper's epsilon for matting, in squared grey levels of 0..1
    cv::Mat guide;
    cv::cvtColor(picture, guide, cv::COLOR_BGR2GRAY);
    guide.convertTo(guide, CV_32F, 1 / 255.0);
    const cv::Size window(2 * radius + 1, 2 * radius + 1);
    const auto mean = [&](const cv::Mat& of) {
        cv::Mat out;
        cv::boxFilter(of, out, CV_32F, window);
        return out;
    };
    const cv::Mat mean_guide = mean(guide);
    const cv::Mat mean_mask = mean(firm);
    const cv::Mat variance = mean(guide.mul(guide)) - mean_guide.mul(mean_guide);
    const cv::Mat covariance = mean(guide.mul(firm)) - mean_guide.mul(mean_mask);
    cv::Mat slope;
    cv::divide(covariance, variance + smoothness, slope);
    const cv::Mat offset = mean_mask - slope.mul(mean_guide);
    cv::Mat fine = mean(slope).mul(guide) + mean(offset);
    // The filter leaves a haze at both ends; a soft subject edge lies well inside this.
    fine = (fine - 0.06) / 0.88;
    cv::min(fine, 1.0, fine);
    cv::max(fine, 0.0, fine);
    return fine;
}

cv::Mat spread(const cv::Mat& picture, const cv::Mat& known) {
    struct Level {
        cv::Mat colour;  // float, premultiplied by weight
        cv::Mat weight;
    };
    std::vector<Level> levels(1);
    known.convertTo(levels[0].weight, CV_32F, 1 / 255.0);
    picture.convertTo(levels[0].colour, CV_32FC3);
    cv::Mat weight3;
    cv::merge(std::vector<cv::Mat>(3, levels[0].weight), weight3);
    levels[0].colour = levels[0].colour.mul(weight3);
    while (std::min(levels.back().weight.cols, levels.back().weight.rows) > 2) {
        Level next;
        const cv::Size half(
            (levels.back().weight.cols + 1) / 2, (levels.back().weight.rows + 1) / 2
        );
        cv::resize(levels.back().colour, next.colour, half, 0, 0, cv::INTER_AREA);
        cv::resize(levels.back().weight, next.weight, half, 0, 0, cv::INTER_AREA);
        levels.push_back(std::move(next));
    }
    cv::Mat filled;
    for (std::size_t i = levels.size(); i-- > 0;) {
        const Level& level = levels[i];
        cv::Mat w;
        cv::merge(std::vector<cv::Mat>(3, level.weight), w);
        cv::Mat own;
        cv::divide(level.colour, cv::max(w, 1e-6), own);
        if (filled.empty()) {
            filled = own;
            continue;
        }
        cv::resize(filled, filled, level.weight.size(), 0, 0, cv::INTER_LINEAR);
        const cv::Mat certain =
            cv::min(w * 4.0, 1.0);  // a quarter known is enough to trust a coarse pixel
        filled = own.mul(certain) + filled.mul(cv::Scalar::all(1) - certain);
    }
    cv::Mat out;
    filled.convertTo(out, CV_8UC3);
    picture.copyTo(out, known == 255);
    return out;
}

cv::Mat fill_behind(const cv::Mat& picture, const cv::Mat& mask) {
    cv::Mat hole = mask > 0.02;
    cv::dilate(hole, hole, cv::getStructuringElement(cv::MORPH_ELLIPSE, {7, 7}));
    return spread(picture, ~hole);
}

// A pixel is mask x subject + (1 - mask) x background; solved for the subject. Below `reliable`
// that only amplifies noise, and the colours of the surer pixels around are better.
cv::Mat decontaminate(const cv::Mat& picture, const cv::Mat& mask, const cv::Mat& background) {
    constexpr float reliable = 0.45F;
    cv::Mat own = picture.clone();
    for (int y = 0; y < own.rows; ++y) {
        const float* a = mask.ptr<float>(y);
        const auto* behind = background.ptr<cv::Vec3b>(y);
        auto* row = own.ptr<cv::Vec3b>(y);
        for (int x = 0; x < own.cols; ++x) {
            if (a[x] < reliable || a[x] > 0.99F) continue;
            for (int i = 0; i < 3; ++i) {
                row[x][i] = cv::saturate_cast<unsigned char>(
                    (float(row[x][i]) - (1 - a[x]) * float(behind[x][i])) / a[x]
                );
            }
        }
    }
    cv::Mat sure = mask > reliable;
    if (cv::countNonZero(sure) == 0) return own;
    return spread(own, sure);
}

cv::Mat largest_piece(const cv::Mat& mask, double hole_share) {
    cv::Mat labels, facts, centres;
    int count = cv::connectedComponentsWithStats(mask, labels, facts, centres, 4, CV_32S);
    int largest = 0, area = 0;
    for (int i = 1; i < count; ++i) {
        if (facts.at<int>(i, cv::CC_STAT_AREA) <= area) continue;
        largest = i;
        area = facts.at<int>(i, cv::CC_STAT_AREA);
    }
    if (largest == 0) return cv::Mat::zeros(mask.size(), CV_8U);
    cv::Mat piece = labels == largest;
    cv::Mat outside = ~piece;
    count = cv::connectedComponentsWithStats(outside, labels, facts, centres, 4, CV_32S);
    for (int i = 1; i < count; ++i) {
        const cv::Rect box(
            facts.at<int>(i, cv::CC_STAT_LEFT),
            facts.at<int>(i, cv::CC_STAT_TOP),
            facts.at<int>(i, cv::CC_STAT_WIDTH),
            facts.at<int>(i, cv::CC_STAT_HEIGHT)
        );
        const bool touches_frame =
            box.x == 0 || box.y == 0 || box.br().x == mask.cols || box.br().y == mask.rows;
        if (!touches_frame && facts.at<int>(i, cv::CC_STAT_AREA) < hole_share * area)
            piece.setTo(255, labels == i);
    }
    return piece;
}

}  // namespace zoetrope::engine
