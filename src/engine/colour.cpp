#include "engine/colour.hpp"

#include <lcms2.h>

#include <memory>

namespace zoetrope::engine {

namespace {

struct Close {
    void operator()(void* profile) const { cmsCloseProfile(profile); }
};
struct Delete {
    void operator()(void* transform) const { cmsDeleteTransform(transform); }
};
using OwnProfile = std::unique_ptr<void, Close>;
using Transform = std::unique_ptr<void, Delete>;

// To sRGB; null when the profile is none, or not of `space`.
Transform transform_of(
    const Profile& profile, cmsColorSpaceSignature space, cmsUInt32Number from, cmsUInt32Number to
) {
    if (profile.empty()) return nullptr;
    const OwnProfile in(cmsOpenProfileFromMem(profile.data(), cmsUInt32Number(profile.size())));
    if (!in || cmsGetColorSpace(in.get()) != space) return nullptr;
    const OwnProfile out(cmsCreate_sRGBProfile());
    return Transform(
        cmsCreateTransform(in.get(), from, out.get(), to, INTENT_PERCEPTUAL, cmsFLAGS_COPY_ALPHA)
    );
}

}  // namespace

void to_srgb(cv::Mat& picture, const Profile& profile) {
    const cmsUInt32Number format = picture.channels() == 4 ? TYPE_BGRA_8 : TYPE_BGR_8;
    const Transform transform = transform_of(profile, cmsSigRgbData, format, format);
    if (!transform) return;
    for (int y = 0; y < picture.rows; ++y)
        cmsDoTransform(
            transform.get(), picture.ptr(y), picture.ptr(y), cmsUInt32Number(picture.cols)
        );
}

cv::Mat from_cmyk(const cv::Mat& picture, const Profile& profile) {
    cv::Mat out(picture.size(), CV_8UC3);
    const Transform transform = transform_of(profile, cmsSigCmykData, TYPE_CMYK_8_REV, TYPE_BGR_8);
    for (int y = 0; y < picture.rows; ++y) {
        if (transform) {
            cmsDoTransform(
                transform.get(), picture.ptr(y), out.ptr(y), cmsUInt32Number(picture.cols)
            );
            continue;
        }
        const auto* inks = picture.ptr<cv::Vec4b>(y);
        auto* row = out.ptr<cv::Vec3b>(y);
        for (int x = 0; x < picture.cols; ++x)
            for (int i = 0; i < 3; ++i)
                row[x][i] = static_cast<unsigned char>(inks[x][2 - i] * inks[x][3] / 255);
    }
    return out;
}

}  // namespace zoetrope::engine
