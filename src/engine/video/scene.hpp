// From a photo and its subject's mask to what the camera moves through.
#pragma once

#include "engine/video/layers.hpp"
#include "platform/base/engine_protocol.hpp"

namespace zoetrope::engine {

struct Scene {
    Frame frame;
    Layers layers;
};

// `photo` BGR or BGRA, at least the canvas's size where it has the pixels; `mask` 8 bit, of any
// size, or nothing when there is no clear subject.
Scene make_scene(
    cv::Mat photo, std::optional<cv::Mat> mask, const Frame& frame, engine_protocol::Motion motion
);

}  // namespace zoetrope::engine
