#include <cstring>

#include "engine/mesh/mesh.hpp"

namespace zoetrope::engine {

// 80 bytes of header, a count, then 50 bytes a triangle: normal, three corners, two unused bytes;
// little-endian.
std::vector<unsigned char> to_stl(const Mesh& mesh) {
    std::vector<unsigned char> out(84 + 50 * mesh.triangles.size(), 0);
    std::memcpy(out.data(), "Zoetrope, millimetres", 21);
    const auto count = std::uint32_t(mesh.triangles.size());
    std::memcpy(out.data() + 80, &count, 4);
    unsigned char* to = out.data() + 84;
    for (const auto& [a, b, c] : mesh.triangles) {
        const cv::Vec3f corners[] = {mesh.positions[a], mesh.positions[b], mesh.positions[c]};
        cv::Vec3f normal = (corners[1] - corners[0]).cross(corners[2] - corners[0]);
        const double length = cv::norm(normal);
        if (length > 0) normal = normal * (1 / length);
        std::memcpy(to, normal.val, 12);
        std::memcpy(to + 12, corners, 36);
        to += 50;
    }
    return out;
}

}  // namespace zoetrope::engine
