// A photo taken apart for a moving camera: what stands in front, what lies behind, and how near
// each is.
//
// Nearness ("disparity") is 0 for the plane that the camera turns around, positive nearer, negative
// farther; a camera step moves a pixel by step x nearness.
#pragma once

#include <opencv2/core.hpp>
#include <optional>

namespace zoetrope::engine {

struct Layers {
    cv::Mat background;  // BGR, canvas size; completed where the subject may uncover it
    cv::Mat nearness;    // float, of each background pixel
    cv::Mat subject;     // BGR, empty when there is one layer
    cv::Mat mask;        // 8 bit, of the subject
    float subject_nearness = 0;
    cv::Rect subject_box;  // on the canvas
};

// What is rendered: its size, and how much larger the canvas is on every side.
struct Frame {
    int width;
    int height;
    int margin;  // pixels of canvas beyond the frame, for the camera to move in
    cv::Size canvas() const { return {width + 2 * margin, height + 2 * margin}; }
};

// The usual shape nearest to the photo's own (16:9, 4:3, 1:1, 3:4, 9:16), `short_side` pixels;
// sizes are even.
Frame choose_frame(int photo_width, int photo_height, int short_side);

// The part of the photo that the canvas shows, of the canvas's shape. Keeps the subject's head when
// something must go.
cv::Rect2d choose_crop(
    const cv::Mat& photo, const std::optional<cv::Mat>& mask, const Frame& frame
);

// `photo` BGR, `mask` float of the same size or nothing; `reach` is the most that layers move
// apart, in pixels.
Layers make_layers(const cv::Mat& photo, const std::optional<cv::Mat>& mask, int reach);

}  // namespace zoetrope::engine
