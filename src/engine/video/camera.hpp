// The camera's way through the layers, and the frames it sees, in YUV 4:2:0 (BT.709, limited
// range).
#pragma once

#include <opencv2/core.hpp>

#include "engine/video/layers.hpp"
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
    // `layers` BGR; they are converted once, so that a frame is four small warps and no conversion.
    Camera(const Layers& layers, const Frame& frame);

    const Planes& see(const Pose& pose);
    // How far subject and background part between two poses at the subject's sides, in frame
    // widths; 0 with one layer.
    double separation(const Pose& a, const Pose& b) const;

  private:
    void warp_background(const Pose& pose);
    void blend_subject(const Pose& pose);
    cv::Matx23d subject_map(const Pose& pose, double scale) const;

    Frame frame_;
    Planes background_;
    Planes subject_;
    cv::Mat mask_, half_mask_;
    cv::Mat nearness_, half_nearness_;  // of the frame's pixels
    bool flat_;                         // the background's nearness is one value
    float subject_nearness_;
    cv::Rect subject_box_;
    Planes out_, layer_;
    cv::Mat layer_mask_, half_layer_mask_;
    cv::Mat map_x_, map_y_, half_map_x_, half_map_y_;
};

}  // namespace zoetrope::engine
