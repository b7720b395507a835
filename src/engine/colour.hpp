// Colours as the rest of the program means them: sRGB.
#pragma once

#include <opencv2/core.hpp>
#include <span>
#include <vector>

namespace zoetrope::engine {

// An ICC profile as a file brings it; empty: none.
using Profile = std::vector<unsigned char>;

// In place; `picture` is BGR or BGRA, 8 bit. A profile that cannot be read, or is of another colour
// space, is left out of account, as viewers do.
void to_srgb(cv::Mat& picture, const Profile& profile);

// BGR out of CMYK, 8 bit with 255 for no ink, as JPEGs have it. Without a profile of its own by the
// plain product.
cv::Mat from_cmyk(const cv::Mat& picture, const Profile& profile);

}  // namespace zoetrope::engine
