// Masks and the colours at their edges. Pictures are BGR 8 bit; masks are float, 0 outside to 1
// inside.
#pragma once

#include <opencv2/core.hpp>

namespace zoetrope::engine {

// A transparent picture (BGRA) as it looks on a light ground; another as it is.
cv::Mat on_ground(const cv::Mat& picture);

// Edge-preserving refinement ("Guided Image Filtering", He, Sun, Tang, ECCV 2010) of a coarse mask
// by the picture's own edges. `radius` in pixels.
cv::Mat refine(const cv::Mat& coarse, const cv::Mat& picture, int radius);

// The subject's colours without the background that shines through at its edge, and continued
// beyond it. `background` is what lies behind: BGR, of the picture's size.
cv::Mat decontaminate(const cv::Mat& picture, const cv::Mat& mask, const cv::Mat& background);

// What lies behind the subject, smoothly guessed from around it.
cv::Mat fill_behind(const cv::Mat& picture, const cv::Mat& mask);

// Fills where `known` (8 bit) is zero with a smooth continuation of the rest, coarse to fine.
cv::Mat spread(const cv::Mat& picture, const cv::Mat& known);

// The largest piece of a mask (8 bit, 0 or 255), without its holes that are smaller than this share
// of it.
cv::Mat largest_piece(const cv::Mat& mask, double hole_share = 0);

}  // namespace zoetrope::engine
