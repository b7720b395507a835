// JPEG and PNG by their own libraries, for what OpenCV leaves out: colour profiles, transparency by
// tRNS, and whether a file without an end is whole all the same.
#pragma once

#include "engine/colour.hpp"

namespace zoetrope::engine {

inline constexpr const char* damaged = "The picture's file is damaged and cannot be decoded.";

struct Decoded {
    cv::Mat picture;  // BGR or BGRA, 8 bit, as stored: not turned
    Profile profile;  // that the colours are of; empty: sRGB
};

// Throws Refused when the file is damaged. The longer side is at least `side_min` when the
// picture's is, and otherwise as small as the decoder can make it.
Decoded decode_jpeg(std::span<const unsigned char> file, int side_min);
Decoded decode_png(std::span<const unsigned char> file);

// Whether a JPEG without an end marker has data for every pixel all the same.
bool is_whole_jpeg(std::span<const unsigned char> file);

}  // namespace zoetrope::engine
