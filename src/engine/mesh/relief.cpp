// The photo as a plate: its light, smoothed within edges, raised on a slab.
#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "engine/masks.hpp"
#include "engine/mesh/mesh.hpp"
#include "engine/picture.hpp"

namespace zoetrope::engine {

namespace {

constexpr float base_share =
    0.025F;  // of the longest side: a plate of 100 mm is 2.5 mm thick where it is thinnest
constexpr float relief_share = 0.055F;  // the highest point above that
constexpr int plate_texture_side = 1536;

// 0..1 per grid corner: large forms from the evened-out light, small ones from its detail.
cv::Mat heights(const cv::Mat& picture, cv::Size corners) {
    cv::Mat small, grey;
    cv::resize(on_ground(picture), small, corners, 0, 0, cv::INTER_AREA);
    cv::cvtColor(small, grey, cv::COLOR_BGR2GRAY);
    cv::createCLAHE(2.0, {8, 8})
        ->apply(grey, grey);  // one dark corner should not use up the whole height
    grey.convertTo(grey, CV_32F, 1 / 255.0);
    const int radius = std::max(2, corners.width / 48);
    cv::Mat form;
    cv::bilateralFilter(grey, form, 2 * radius + 1, 0.25, radius);
    cv::GaussianBlur(form, form, {}, 0.8);
    cv::Mat detail;
    cv::GaussianBlur(grey, detail, {}, 0.6);
    cv::Mat height = form + 0.35 * (detail - form);
    cv::normalize(height, height, 0, 1, cv::NORM_MINMAX);
    if (picture.channels() == 4) {  // where nothing is, nothing is raised
        cv::Mat alpha;
        cv::extractChannel(picture, alpha, 3);
        cv::resize(alpha, alpha, corners, 0, 0, cv::INTER_AREA);
        alpha.convertTo(alpha, CV_32F, 1 / 255.0);
        height = height.mul(alpha);
    }
    return height;
}

struct Plate {
    cv::Mat height;
    float thick, raised;
    Mesh mesh;

    int columns() const { return height.cols; }
    int rows() const { return height.rows; }
    std::uint32_t top(int x, int y) const { return std::uint32_t(y * columns() + x); }
    std::uint32_t bottom(int x, int y) const {
        return std::uint32_t(rows() * columns() + y * columns() + x);
    }

    cv::Vec2f texture_at(std::uint32_t vertex) const {
        const cv::Vec3f& position = mesh.positions[vertex];
        // Half a cell in from the picture's edge, so that sides and back take its border colour.
        const float u = (position[0] + 0.5F) / float(columns());
        const float v = (-position[1] + 0.5F) / float(rows());
        return {u, v};
    }
    void add(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
        mesh.triangles.push_back({a, b, c});
        mesh.texture_corners.push_back({texture_at(a), texture_at(b), texture_at(c)});
    }
    void quad(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
        add(a, b, c);
        add(a, c, d);
    }

    void build() {
        for (const bool is_top : {true, false}) {
            for (int y = 0; y < rows(); ++y) {
                for (int x = 0; x < columns(); ++x) {
                    const float z = is_top ? thick + raised * height.at<float>(y, x) : 0;
                    mesh.positions.emplace_back(float(x), -float(y), z);
                }
            }
        }
        for (int y = 0; y + 1 < rows(); ++y) {
            for (int x = 0; x + 1 < columns(); ++x) {
                quad(top(x, y), top(x, y + 1), top(x + 1, y + 1), top(x + 1, y));
                quad(bottom(x, y), bottom(x + 1, y), bottom(x + 1, y + 1), bottom(x, y + 1));
            }
        }
        const int right = columns() - 1, last = rows() - 1;
        for (int x = 0; x < right; ++x) {
            quad(top(x, 0), top(x + 1, 0), bottom(x + 1, 0), bottom(x, 0));
            quad(top(x + 1, last), top(x, last), bottom(x, last), bottom(x + 1, last));
        }
        for (int y = 0; y < last; ++y) {
            quad(top(0, y + 1), top(0, y), bottom(0, y), bottom(0, y + 1));
            quad(top(right, y), top(right, y + 1), bottom(right, y + 1), bottom(right, y));
        }
    }
};

}  // namespace

Mesh relief(const cv::Mat& picture, int grid) {
    const double step = double(std::max(picture.cols, picture.rows)) / grid;
    const cv::Size corners(
        std::max(2, int(picture.cols / step) + 1), std::max(2, int(picture.rows / step) + 1)
    );
    Plate plate{
        .height = heights(picture, corners),
        .thick = base_share * float(grid),
        .raised = relief_share * float(grid),
        .mesh = {}
    };
    plate.build();
    const double scale =
        std::min(1.0, double(plate_texture_side) / std::max(picture.cols, picture.rows));
    cv::resize(
        on_ground(picture), plate.mesh.texture, scaled(picture.size(), scale), 0, 0, cv::INTER_AREA
    );
    return std::move(plate.mesh);
}

}  // namespace zoetrope::engine
