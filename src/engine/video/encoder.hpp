// One video file: frames in, a seekable descriptor out. H.264 in MP4 with the index in front, or
// VP9 in WebM.
#pragma once

#include <memory>

#include "engine/video/camera.hpp"

namespace zoetrope::engine {

enum class Format { mp4, webm };

class Encoder {
  public:
    // `fd` must be open for reading and writing, and empty.
    Encoder(Format format, int fd, int width, int height, int frames_per_s);
    ~Encoder();
    void add(const Planes& frame);
    void finish();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace zoetrope::engine
