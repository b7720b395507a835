// The camera's way through the layers, and the frames it sees, in YUV 4:2:0 (BT.709, limited
// range).
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "engine/video/layers.hpp"
#include "engine/video/warp.hpp"
#include "platform/base/engine_protocol.hpp"

namespace zoetrope::engine {

// Where the camera is: a step to the side (widths per unit of nearness), and a step in.
struct Pose {
    double right = 0;  // frame widths
    double down = 0;   // frame widths
    double zoom = 1;
    double push = 0;  // further enlargement per unit of nearness
};

// The pose at `time` 0..1. orbit ends where it began; the others ease in and out.
Pose pose_at(engine_protocol::Motion motion, double time);

struct Planes {
    cv::Mat y, u, v;  // 8 bit; u and v half as wide and high
};

class Camera {
  public:
    // `layers` BGR; they are converted once, so that a frame is a few warps and no conversion.
    Camera(const Layers& layers, const Frame& frame);

    const Planes& see(const Pose& pose);
    // How far subject and background part between two poses at the subject's sides, in frame
    // widths; 0 with one layer.
    double separation(const Pose& a, const Pose& b) const;

    // The point of the frame that a push leaves in place: the subject's middle, or higher when the
    // enlarged subject would lose its head otherwise.
    cv::Point2d focus() const { return focus_; }

  private:
    // Full size for Y, half size for U and V.
    enum Level { full, half, levels };
    // A photo layer: its planes with room around them, and its mask when it has one.
    struct Layer {
        BorderedPlane y, u, v, mask[levels];
    };
    // How a pose maps a pixel of the frame to one of the canvas at one level.
    struct View;

    cv::Point2d choose_focus() const;
    View view_of(const Pose& pose, Level level) const;
    void warp_background(const View& view, Level level);
    void blend_subject(const View& view, Level level);

    Frame frame_;
    Layer background_, subject_;
    cv::Mat nearness_[levels];  // float, of the frame's pixels where spans begin
    bool flat_;                 // the background's nearness is one value
    float subject_nearness_;
    cv::Rect subject_box_;
    cv::Point2d focus_;
    Planes out_;
    std::vector<RowMap> maps_;  // a row's, by level
    std::vector<float> x_, y_;
    std::vector<unsigned char> over_, opacity_;  // a row of the subject
};

}  // namespace zoetrope::engine
