#include "engine/mesh/mesh.hpp"

#include <algorithm>
#include <limits>

namespace zoetrope::engine {

std::vector<cv::Vec3f> normals_of(const Mesh& mesh) {
    std::vector<cv::Vec3f> normals(mesh.positions.size(), cv::Vec3f(0, 0, 0));
    for (const auto& [a, b, c] : mesh.triangles) {
        const cv::Vec3f face =
            (mesh.positions[b] - mesh.positions[a]).cross(mesh.positions[c] - mesh.positions[a]);
        normals[a] += face;
        normals[b] += face;
        normals[c] += face;
    }
    for (cv::Vec3f& normal : normals) {
        const double length = cv::norm(normal);
        normal = length > 1e-12 ? normal * (1 / length) : cv::Vec3f(0, 0, 1);
    }
    return normals;
}

void fit(Mesh& mesh, double size_mm) {
    cv::Vec3f low = cv::Vec3f::all(std::numeric_limits<float>::max());
    cv::Vec3f high = -low;
    for (const cv::Vec3f& position : mesh.positions) {
        for (int i = 0; i < 3; ++i) {
            low[i] = std::min(low[i], position[i]);
            high[i] = std::max(high[i], position[i]);
        }
    }
    const cv::Vec3f size = high - low;
    const float scale = float(size_mm) / std::max({size[0], size[1], size[2]});
    const cv::Vec3f centre = (low + high) * 0.5F;
    for (cv::Vec3f& position : mesh.positions) position = (position - centre) * scale;
}

}  // namespace zoetrope::engine
