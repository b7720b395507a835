// Moving a plane along a smooth map, eight pixels at a time: what every frame is made of.
//
// The map is given where each span of eight pixels begins; inside a span it is straight. That is
// exact for a scale and a shift, and within a hundredth of a pixel for the smooth depths here.
// Bilinear; 1/64 of a pixel along the row.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

namespace zoetrope::engine {

constexpr int span_pixels = 8;

constexpr int spans_of(int pixels) { return (pixels + span_pixels - 1) / span_pixels; }

// An 8-bit plane whose edge pixels go on for a while, so that no read needs a check.
class BorderedPlane {
  public:
    BorderedPlane() = default;
    explicit BorderedPlane(const cv::Mat& plane);
    bool empty() const { return padded_.empty(); }
    cv::Size size() const { return {padded_.cols - 2 * border, padded_.rows - 2 * border}; }
    // `y` from -border to height + border - 1.
    const unsigned char* row(int y) const { return padded_.ptr(y + border) + border; }

    static constexpr int border = 24;  // a read of sixteen bytes, and what is left of a span

  private:
    cv::Mat padded_;
};

// Where one row of pixels comes from, worked out once for all planes of a size.
class RowMap {
  public:
    // For planes of `source` size, and at most `spans_max` spans.
    RowMap(cv::Size source, int spans_max);

    // `x` and `y` say where the first pixel of each span comes from, and have one entry more than
    // there are spans; a place beyond the plane shows its edge.
    void set(const float* x, const float* y, int spans);

    // Another row of the same map, all of which comes from the height `y`.
    void move_to(float y);

    // Writes spans x 8 bytes.
    void apply(const BorderedPlane& plane, unsigned char* out) const;
    // The same to the last bit on any processor; the measure for the tests.
    void apply_plainly(const BorderedPlane& plane, unsigned char* out) const;

  private:
    // In whole numbers. Along the row places are in 1/2048 pixel, so that sixteen pixels fit in 15
    // bits; across it weights are in 1/16384, from -2 to 2 (a span may leave its two rows a
    // little).
    struct Span {
        int row, column;       // of the upper left pixel
        short first, step;     // 1/2048
        short weight, change;  // of the lower row, 1/16384
    };
    void apply_by_shuffles(const BorderedPlane& plane, unsigned char* out) const;

    cv::Size source_;
    int count_ = 0;
    std::vector<Span> spans_;
};

// An image whose rows may be written to the end of the last span.
cv::Mat make_spanned(cv::Size size);

}  // namespace zoetrope::engine
