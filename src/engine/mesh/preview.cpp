// A small z-buffer renderer: enough to show what was made, in lists and on machines without a
// graphics card.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "engine/mesh/mesh.hpp"

namespace zoetrope::engine {

namespace {

constexpr int oversampling = 2;

struct Corner {
    cv::Vec3f at;  // pixels, and depth towards the viewer
    cv::Vec2f texture;
    float light;
};

class Canvas {
  public:
    explicit Canvas(int side)
        : colour_(side, side, CV_8UC4, cv::Scalar::all(0)),
          depth_(side, side, CV_32F, cv::Scalar(-std::numeric_limits<float>::max())) {}

    void fill(const Corner& a, const Corner& b, const Corner& c, const cv::Mat& texture) {
        const float area = cross(a, b, c.at[0], c.at[1]);
        if (area >= -1e-9F) return;  // turned away, since y runs down here
        const int left = std::max(0, int(std::floor(std::min({a.at[0], b.at[0], c.at[0]}))));
        const int right =
            std::min(colour_.cols - 1, int(std::ceil(std::max({a.at[0], b.at[0], c.at[0]}))));
        const int top = std::max(0, int(std::floor(std::min({a.at[1], b.at[1], c.at[1]}))));
        const int bottom =
            std::min(colour_.rows - 1, int(std::ceil(std::max({a.at[1], b.at[1], c.at[1]}))));
        for (int y = top; y <= bottom; ++y) {
            for (int x = left; x <= right; ++x) {
                const float px = float(x) + 0.5F, py = float(y) + 0.5F;
                const float wa = cross(b, c, px, py) / area, wb = cross(c, a, px, py) / area,
                            wc = 1 - wa - wb;
                if (wa < 0 || wb < 0 || wc < 0) continue;
                const float z = wa * a.at[2] + wb * b.at[2] + wc * c.at[2];
                float& nearest = depth_.at<float>(y, x);
                if (z <= nearest) continue;
                nearest = z;
                const cv::Vec2f uv = wa * a.texture + wb * b.texture + wc * c.texture;
                const float light = wa * a.light + wb * b.light + wc * c.light;
                colour_.at<cv::Vec4b>(y, x) = shade(texture, uv, light);
            }
        }
    }

    cv::Mat result(int side) const {
        cv::Mat small;  // premultiplied by nothing-or-all alpha, so averaging is right once colours
                        // are weighted
        cv::Mat weighted;
        colour_.convertTo(weighted, CV_32FC4);
        cv::resize(weighted, small, {side, side}, 0, 0, cv::INTER_AREA);
        for (int y = 0; y < small.rows; ++y) {
            for (int x = 0; x < small.cols; ++x) {
                auto& pixel = small.at<cv::Vec4f>(y, x);
                if (pixel[3] <= 0) continue;
                for (int i = 0; i < 3; ++i) pixel[i] *= 255 / pixel[3];
            }
        }
        small.convertTo(small, CV_8UC4);
        return small;
    }

  private:
    static float cross(const Corner& a, const Corner& b, float x, float y) {
        return (b.at[0] - a.at[0]) * (y - a.at[1]) - (b.at[1] - a.at[1]) * (x - a.at[0]);
    }
    static cv::Vec4b shade(const cv::Mat& texture, const cv::Vec2f& uv, float light) {
        const int tx = std::clamp(int(uv[0] * float(texture.cols)), 0, texture.cols - 1);
        const int ty = std::clamp(int(uv[1] * float(texture.rows)), 0, texture.rows - 1);
        const cv::Vec3b texel = texture.at<cv::Vec3b>(ty, tx);
        cv::Vec4b out;
        for (int i = 0; i < 3; ++i)
            out[i] = cv::saturate_cast<unsigned char>(float(texel[i]) * light);
        out[3] = 255;
        return out;
    }

    cv::Mat colour_;
    cv::Mat depth_;
};

}  // namespace

cv::Mat render_preview(const Mesh& mesh, int side, double degrees) {
    const std::vector<cv::Vec3f> normals = normals_of(mesh);
    const double turn = degrees * std::numbers::pi / 180;
    const double tilt = 12 * std::numbers::pi / 180;  // seen a little from above
    const cv::Matx33f about_y(
        float(std::cos(turn)),
        0,
        float(std::sin(turn)),
        0,
        1,
        0,
        float(-std::sin(turn)),
        0,
        float(std::cos(turn))
    );
    const cv::Matx33f about_x(
        1,
        0,
        0,
        0,
        float(std::cos(tilt)),
        float(-std::sin(tilt)),
        0,
        float(std::sin(tilt)),
        float(std::cos(tilt))
    );
    const cv::Matx33f rotation = about_x * about_y;
    const int pixels = side * oversampling;
    float reach = 0;
    for (const cv::Vec3f& position : mesh.positions) {
        const cv::Vec3f seen = rotation * position;
        reach = std::max({reach, std::abs(seen[0]), std::abs(seen[1])});
    }
    const float scale = 0.46F * float(pixels) / reach;
    const cv::Vec3f lamp = cv::normalize(cv::Vec3f(-0.35F, 0.55F, 0.75F));
    const auto corner = [&](std::uint32_t vertex, const cv::Vec2f& texture) {
        const cv::Vec3f seen = rotation * mesh.positions[vertex];
        const cv::Vec3f normal = rotation * normals[vertex];
        const float light = 0.62F + 0.5F * std::max(0.0F, normal.dot(lamp));
        const float middle = float(pixels) / 2;
        return Corner{
            {middle + seen[0] * scale, middle - seen[1] * scale, seen[2]}, texture, light
        };
    };
    Canvas canvas(pixels);
    for (std::size_t t = 0; t < mesh.triangles.size(); ++t) {
        const auto& [a, b, c] = mesh.triangles[t];
        const auto& uv = mesh.texture_corners[t];
        canvas.fill(corner(a, uv[0]), corner(b, uv[1]), corner(c, uv[2]), mesh.texture);
    }
    return canvas.result(side);
}

}  // namespace zoetrope::engine
