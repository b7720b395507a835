#include "engine/video/warp.hpp"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <span>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace zoetrope::engine {

namespace {

constexpr int saturate_16(int value) { return std::clamp(value, -32768, 32767); }

// Rounds down; the functions of the standard library are calls on the oldest processors.
int floor_above(float value, int low) { return int(value - float(low)) + low; }
int round_within(float value, int low, int high) {
    return int(std::clamp(value, float(low), float(high)) - float(low) + 0.5F) + low;
}

}  // namespace

BorderedPlane::BorderedPlane(const cv::Mat& plane) {
    cv::copyMakeBorder(plane, padded_, border, border, border, border, cv::BORDER_REPLICATE);
}

RowMap::RowMap(cv::Size source, int spans_max) : source_(source), spans_(std::size_t(spans_max)) {}

void RowMap::set(const float* x, const float* y, int spans) {
    constexpr int border = BorderedPlane::border;
    const auto left = float(-border);
    const auto right = float(source_.width + border - 17);
    const auto top = float(-border);
    const auto bottom = float(source_.height + border - 2);
    count_ = spans;
    for (int i = 0; i < spans; ++i) {
        const float begin = std::clamp(x[i], left, right);
        const float end = std::clamp(x[i + 1], left, right);
        Span& span = spans_[std::size_t(i)];
        span.column = floor_above(begin, -border);
        span.row = floor_above(std::clamp((y[i] + y[i + 1]) / 2, top, bottom), -border);
        span.first = short((begin - float(span.column)) * 2048);
        span.step = short(round_within((end - begin) * (2048.0F / span_pixels), 0, 3584));
        span.weight = short(round_within((y[i] - float(span.row)) * 16384, -16384, 32767));
        span.change =
            short(round_within((y[i + 1] - y[i]) * (16384.0F / span_pixels), -2048, 2047));
    }
}

void RowMap::move_to(float y) {
    constexpr int border = BorderedPlane::border;
    const float bottom = float(source_.height + border - 2);
    const int row = floor_above(std::clamp(y, float(-border), bottom), -border);
    const auto weight = short(round_within((y - float(row)) * 16384, -16384, 32767));
    for (Span& span : std::span(spans_).first(std::size_t(count_))) {
        span.row = row;
        span.weight = weight;
        span.change = 0;
    }
}

void RowMap::apply_plainly(const BorderedPlane& plane, unsigned char* out) const {
    for (int s = 0; s < count_; ++s, out += span_pixels) {
        const Span& span = spans_[std::size_t(s)];
        const unsigned char* upper = plane.row(span.row) + span.column;
        const unsigned char* lower = plane.row(span.row + 1) + span.column;
        for (int i = 0; i < span_pixels; ++i) {
            const int place = span.first + i * span.step;
            const int at = place >> 11;
            const int right = (place >> 5) & 63;
            const int above = upper[at] * (64 - right) + upper[at + 1] * right;
            const int below = lower[at] * (64 - right) + lower[at + 1] * right;
            const int weight = saturate_16(span.weight + i * span.change);
            const int between =
                saturate_16(above + ((2 * (below - above) * weight + 0x4000) >> 15));
            out[i] = static_cast<unsigned char>(std::clamp(saturate_16(between + 32) >> 6, 0, 255));
        }
    }
}

#ifdef __x86_64__
// A shuffle brings the two neighbours of each place side by side, a multiply-add weighs them.
__attribute__((target("ssse3"))) void RowMap::apply_by_shuffles(
    const BorderedPlane& plane, unsigned char* out
) const {
    const __m128i counting = _mm_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7);
    const unsigned char* origin = plane.row(0);
    const std::ptrdiff_t stride = plane.row(1) - origin;
    for (int s = 0; s < count_; ++s, out += span_pixels) {
        const Span& span = spans_[std::size_t(s)];
        const __m128i place = _mm_add_epi16(
            _mm_set1_epi16(span.first), _mm_mullo_epi16(counting, _mm_set1_epi16(span.step))
        );
        const __m128i at = _mm_srli_epi16(place, 11);
        const __m128i pairs =
            _mm_add_epi16(_mm_or_si128(at, _mm_slli_epi16(at, 8)), _mm_set1_epi16(0x0100));
        const __m128i right = _mm_and_si128(_mm_srli_epi16(place, 5), _mm_set1_epi16(63));
        const __m128i weights =  // bytes 64 - right, right
            _mm_add_epi16(_mm_set1_epi16(64), _mm_sub_epi16(_mm_slli_epi16(right, 8), right));
        const auto* upper = origin + span.row * stride + span.column;
        const __m128i upper_bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(upper));
        const __m128i lower_bytes =
            _mm_loadu_si128(reinterpret_cast<const __m128i*>(upper + stride));
        const __m128i above = _mm_maddubs_epi16(_mm_shuffle_epi8(upper_bytes, pairs), weights);
        const __m128i below = _mm_maddubs_epi16(_mm_shuffle_epi8(lower_bytes, pairs), weights);
        const __m128i weight = _mm_adds_epi16(
            _mm_set1_epi16(span.weight), _mm_mullo_epi16(counting, _mm_set1_epi16(span.change))
        );
        const __m128i apart = _mm_slli_epi16(_mm_sub_epi16(below, above), 1);
        const __m128i between = _mm_adds_epi16(above, _mm_mulhrs_epi16(apart, weight));
        const __m128i rounded = _mm_srai_epi16(_mm_adds_epi16(between, _mm_set1_epi16(32)), 6);
        _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_packus_epi16(rounded, rounded));
    }
}
#endif

void RowMap::apply(const BorderedPlane& plane, unsigned char* out) const {
#ifdef __x86_64__
    static const bool has_shuffles = __builtin_cpu_supports("ssse3");
    if (has_shuffles) return apply_by_shuffles(plane, out);
#endif
    apply_plainly(plane, out);
}

cv::Mat make_spanned(cv::Size size) {
    const cv::Mat whole(size.height, spans_of(size.width) * span_pixels, CV_8U);
    return whole(cv::Rect({0, 0}, size));
}

}  // namespace zoetrope::engine
