// A silhouette inflated like a cushion: the height over it solves Poisson's equation with zero at
// the outline, and its square root rounds the edge ("Repoussé: Automatic Inflation of 2D Artwork",
// Joshi and Carr, 2008).
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <unordered_map>

#include "engine/channel.hpp"
#include "engine/masks.hpp"
#include "engine/mesh/mesh.hpp"

namespace zoetrope::engine {

namespace {

constexpr double hole_share_max = 0.008;  // smaller holes are the mask's doubts
constexpr float roundness =
    0.62F;  // 1 would make a disc a ball; flatter looks more like what was photographed
constexpr float back_depth = 0.7F;  // of the front's
constexpr int figure_texture_side = 1024;
constexpr double kept_share_min =
    0.5;  // of the subject's area; wires and twigs lose more to the grid

// The silhouette on the grid: one sample per corner, with an empty border.
struct Silhouette {
    cv::Mat inside;    // 8 bit, 0 or 255, per corner
    cv::Mat coverage;  // float, the smooth mask per corner
    double step = 1;   // picture pixels per cell
    cv::Point2d origin;
};

Silhouette sample(const cv::Mat& mask, int grid) {
    cv::Mat solid = largest_piece(mask > 0.5, hole_share_max);
    const cv::Rect box = cv::boundingRect(solid);
    if (box.area() == 0) throw Refused("No subject was found that could be inflated.");
    Silhouette out;
    out.step = double(std::max(box.width, box.height)) / grid;
    const cv::Size size(int(box.width / out.step) + 5, int(box.height / out.step) + 5);
    out.origin = {box.x - 2 * out.step, box.y - 2 * out.step};
    cv::Mat smooth;
    solid.convertTo(smooth, CV_32F, 1 / 255.0);
    cv::GaussianBlur(
        smooth, smooth, {}, std::max(0.8, 0.7 * out.step)
    );  // no staircase, no aliasing
    const cv::Matx23d map(out.step, 0, out.origin.x, 0, out.step, out.origin.y);
    cv::warpAffine(
        smooth,
        out.coverage,
        map,
        size,
        cv::INTER_LINEAR | cv::WARP_INVERSE_MAP,
        cv::BORDER_CONSTANT
    );
    out.inside = out.coverage > 0.5;
    // The blur may leave crumbs of its own.
    out.inside = largest_piece(out.inside, hole_share_max);
    out.inside.row(0).setTo(0);
    out.inside.col(0).setTo(0);
    out.inside.row(size.height - 1).setTo(0);
    out.inside.col(size.width - 1).setTo(0);
    return out;
}

// Successive over-relaxation, coarse to fine, until the height settles.
cv::Mat solve_poisson(const cv::Mat& inside) {
    cv::Mat height;
    if (std::min(inside.cols, inside.rows) > 24) {
        cv::Mat half;
        cv::resize(inside, half, {}, 0.5, 0.5, cv::INTER_AREA);
        cv::resize(solve_poisson(half > 127), height, inside.size(), 0, 0, cv::INTER_LINEAR);
        height *= 4;  // a step twice as long
        height.setTo(0, inside == 0);
    } else {
        height = cv::Mat::zeros(inside.size(), CV_32F);
    }
    constexpr float relaxation = 1.8F;
    constexpr int rounds = 80;
    for (int round = 0; round < rounds; ++round) {
        for (int y = 1; y + 1 < inside.rows; ++y) {
            const unsigned char* is_inside = inside.ptr(y);
            float* row = height.ptr<float>(y);
            const float* above = height.ptr<float>(y - 1);
            const float* below = height.ptr<float>(y + 1);
            for (int x = 1; x + 1 < inside.cols; ++x) {
                if (!is_inside[x]) continue;
                const float wanted = (row[x - 1] + row[x + 1] + above[x] + below[x] + 4) / 4;
                row[x] += relaxation * (wanted - row[x]);
            }
        }
    }
    return height;
}

bool at(const cv::Mat& mask, int x, int y) {
    return x >= 0 && y >= 0 && x < mask.cols && y < mask.rows && mask.at<unsigned char>(y, x) != 0;
}

// All four cells around the corner are solid; otherwise it lies on the outline, where front and
// back are one.
bool is_inner(const cv::Mat& cells, int x, int y) {
    return at(cells, x, y) && at(cells, x - 1, y) && at(cells, x, y - 1) && at(cells, x - 1, y - 1);
}

// Whether a cell would break the closed surface, in which every edge has two sides: it touches no
// inner corner, hangs on another by a corner alone, or on a neighbour by an edge that front and
// back would share.
bool is_weak(const cv::Mat& cells, int x, int y) {
    const bool a = is_inner(cells, x, y), b = is_inner(cells, x, y + 1);
    const bool c = is_inner(cells, x + 1, y + 1), d = is_inner(cells, x + 1, y);
    if (!a && !b && !c && !d) return true;
    if ((at(cells, x - 1, y) && !a && !b) || (at(cells, x + 1, y) && !c && !d)) return true;
    if ((at(cells, x, y - 1) && !a && !d) || (at(cells, x, y + 1) && !b && !c)) return true;
    for (const int dy : {-1, 1}) {
        for (const int dx : {-1, 1}) {
            if (at(cells, x + dx, y + dy) && !at(cells, x + dx, y) && !at(cells, x, y + dy))
                return true;
        }
    }
    return false;
}

// Cells all of whose corners are inside, less the weak ones.
cv::Mat solid_cells(const cv::Mat& inside) {
    cv::Mat cells(inside.rows - 1, inside.cols - 1, CV_8U);
    for (int y = 0; y < cells.rows; ++y) {
        for (int x = 0; x < cells.cols; ++x) {
            const bool all = at(inside, x, y) && at(inside, x + 1, y) && at(inside, x, y + 1) &&
                             at(inside, x + 1, y + 1);
            cells.at<unsigned char>(y, x) = all ? 255 : 0;
        }
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (int y = 0; y < cells.rows; ++y) {
            for (int x = 0; x < cells.cols; ++x) {
                if (!at(cells, x, y) || !is_weak(cells, x, y)) continue;
                cells.at<unsigned char>(y, x) = 0;
                changed = true;
            }
        }
    }
    return largest_piece(cells);  // what hung on a weak cell would be a part of its own
}

cv::Mat inner_corners(const cv::Mat& cells) {
    cv::Mat inner(cells.rows + 1, cells.cols + 1, CV_8U);
    for (int y = 0; y < inner.rows; ++y) {
        for (int x = 0; x < inner.cols; ++x)
            inner.at<unsigned char>(y, x) = is_inner(cells, x, y) ? 255 : 0;
    }
    return inner;
}

struct Builder {
    const Silhouette& silhouette;
    const cv::Mat& height;  // per corner, in cells, 0 on the outline
    const cv::Mat& cells;   // 8 bit: cells that are part of the solid
    Mesh mesh;
    std::unordered_map<int, std::uint32_t> front, back;  // corner -> position

    int corner(int x, int y) const { return y * height.cols + x; }

    // Corners on the outline move to where the mask is one half, so that the outline is not a
    // staircase.
    cv::Point2f outline_point(int x, int y) const {
        const cv::Mat& mask = silhouette.coverage;
        const float gx = (mask.at<float>(y, x + 1) - mask.at<float>(y, x - 1)) / 2;
        const float gy = (mask.at<float>(y + 1, x) - mask.at<float>(y - 1, x)) / 2;
        const float steep = gx * gx + gy * gy;
        if (steep < 1e-4F) return {float(x), float(y)};
        float along = (0.5F - mask.at<float>(y, x)) / steep;
        const float far = std::abs(along) * std::sqrt(steep);
        constexpr float far_max = 0.45F;  // cells; farther, and neighbours could swap places
        if (far > far_max) along *= far_max / far;
        return {float(x) + along * gx, float(y) + along * gy};
    }

    std::uint32_t vertex(int x, int y, bool on_front) {
        const bool inner = is_inner(cells, x, y);
        auto& known = on_front || !inner ? front : back;
        const auto [place, is_new] =
            known.try_emplace(corner(x, y), std::uint32_t(mesh.positions.size()));
        if (is_new) {
            const cv::Point2f at = inner ? cv::Point2f(float(x), float(y)) : outline_point(x, y);
            const float z =
                inner ? roundness * std::sqrt(std::max(0.0F, height.at<float>(y, x))) : 0;
            mesh.positions.emplace_back(at.x, -at.y, on_front || !inner ? z : -back_depth * z);
        }
        return place->second;
    }

    // The left half of the texture is the front, the right half the back.
    cv::Vec2f texture_at(std::uint32_t vertex, bool on_front) const {
        const cv::Vec3f& position = mesh.positions[vertex];
        const float u = position[0] / float(height.cols - 1);
        const float v = -position[1] / float(height.rows - 1);
        return {u / 2 + (on_front ? 0 : 0.5F), v};
    }

    void add(std::uint32_t a, std::uint32_t b, std::uint32_t c, bool on_front) {
        if (!on_front) std::swap(b, c);
        mesh.triangles.push_back({a, b, c});
        mesh.texture_corners.push_back(
            {texture_at(a, on_front), texture_at(b, on_front), texture_at(c, on_front)}
        );
    }

    // The outline is still a polygon of cells; a few rounds of averaging each point with its two
    // neighbours round it.
    void smooth_outline() {
        constexpr int rounds = 4;
        std::vector<std::vector<std::uint32_t>> neighbours(mesh.positions.size());
        const auto join = [&](int x0, int y0, int x1, int y1) {
            const std::uint32_t a = front.at(corner(x0, y0)), b = front.at(corner(x1, y1));
            neighbours[a].push_back(b);
            neighbours[b].push_back(a);
        };
        for (int y = 0; y < cells.rows; ++y) {
            for (int x = 0; x < cells.cols; ++x) {
                if (!at(cells, x, y)) continue;
                if (!at(cells, x - 1, y)) join(x, y, x, y + 1);
                if (!at(cells, x + 1, y)) join(x + 1, y, x + 1, y + 1);
                if (!at(cells, x, y - 1)) join(x, y, x + 1, y);
                if (!at(cells, x, y + 1)) join(x, y + 1, x + 1, y + 1);
            }
        }
        for (int round = 0; round < rounds; ++round) {
            const std::vector<cv::Vec3f> before = mesh.positions;
            for (std::size_t i = 0; i < neighbours.size(); ++i) {
                if (neighbours[i].size() != 2) continue;
                mesh.positions[i] = before[i] * 0.5F +
                                    (before[neighbours[i][0]] + before[neighbours[i][1]]) * 0.25F;
            }
        }
        for (std::size_t t = 0; t < mesh.triangles.size(); ++t) {  // the picture stays where it was
            const bool on_front =
                mesh.texture_corners[t][0][0] <= 0.5F && mesh.texture_corners[t][1][0] <= 0.5F;
            for (std::size_t i = 0; i < 3; ++i)
                mesh.texture_corners[t][i] = texture_at(mesh.triangles[t][i], on_front);
        }
    }

    void build() {
        for (int y = 0; y < cells.rows; ++y) {
            for (int x = 0; x < cells.cols; ++x) {
                if (!at(cells, x, y)) continue;
                for (const bool on_front : {true, false}) {
                    const std::uint32_t a = vertex(x, y, on_front), b = vertex(x, y + 1, on_front);
                    const std::uint32_t c = vertex(x + 1, y + 1, on_front),
                                        d = vertex(x + 1, y, on_front);
                    // A diagonal between two outline corners would belong to front and back alike.
                    if (!is_inner(cells, x, y) && !is_inner(cells, x + 1, y + 1)) {
                        add(a, b, d, on_front);
                        add(b, c, d, on_front);
                    } else {
                        add(a, b, c, on_front);
                        add(a, c, d, on_front);
                    }
                }
            }
        }
    }
};

// Front and back side by side. The subject's colours run on past its outline, so the seam shows no
// background.
// The colours of the outline, carried on inwards: hair over a shirt, and nothing of the face.
cv::Mat plain_back(const cv::Mat& front, const cv::Mat& inside) {
    cv::Mat solid, depth;
    cv::resize(inside, solid, front.size(), 0, 0, cv::INTER_NEAREST);
    cv::distanceTransform(solid, depth, cv::DIST_L2, 3);
    const double side = std::max(front.cols, front.rows);
    cv::Mat ring = (depth > 0.004 * side) & (depth < 0.03 * side);
    if (cv::countNonZero(ring) == 0) ring = solid;
    cv::Mat back = spread(front, ring);
    cv::GaussianBlur(back, back, {}, 0.02 * side);
    return back;
}

cv::Mat make_texture(
    const cv::Mat& picture, const cv::Mat& mask, const Silhouette& silhouette, bool mirror_back
) {
    const double cells_wide = silhouette.inside.cols - 1, cells_high = silhouette.inside.rows - 1;
    const double scale = figure_texture_side / std::max(cells_wide, cells_high);
    const cv::Size side(int(std::lround(cells_wide * scale)), int(std::lround(cells_high * scale)));
    cv::Mat clean = decontaminate(picture, mask, fill_behind(picture, mask));
    const double step = silhouette.step / scale;
    const cv::Matx23d map(step, 0, silhouette.origin.x, 0, step, silhouette.origin.y);
    cv::Mat front;
    if (step > 1) cv::GaussianBlur(clean, clean, {}, step * 0.5);
    cv::warpAffine(
        clean, front, map, side, cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_REPLICATE
    );
    const cv::Mat back = mirror_back ? front : plain_back(front, silhouette.inside);
    cv::Mat both;
    cv::hconcat(front, back, both);
    return both;
}

}  // namespace

Mesh inflate(const cv::Mat& picture, const cv::Mat& mask, int grid, bool mirror_back) {
    const Silhouette silhouette = sample(mask, grid);
    const cv::Mat cells = solid_cells(silhouette.inside);
    const double kept = cv::countNonZero(cells) * silhouette.step * silhouette.step;
    if (kept < kept_share_min * cv::countNonZero(mask > 0.5)) {
        throw Refused("The subject is too thin to be inflated; use local/relief or another photo.");
    }
    const cv::Mat height = solve_poisson(inner_corners(cells));
    Builder builder{
        .silhouette = silhouette,
        .height = height,
        .cells = cells,
        .mesh = {},
        .front = {},
        .back = {}
    };
    builder.build();
    builder.smooth_outline();
    builder.mesh.texture = make_texture(picture, mask, silhouette, mirror_back);
    return std::move(builder.mesh);
}

}  // namespace zoetrope::engine
