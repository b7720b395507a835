// Closed triangle meshes with one texture. Positions are millimetres: x right, y up, z towards the
// viewer.
#pragma once

#include <array>
#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

namespace zoetrope::engine {

struct Mesh {
    std::vector<cv::Vec3f> positions;
    std::vector<std::array<std::uint32_t, 3>> triangles;  // counter-clockwise seen from outside
    // One texture coordinate for each corner of each triangle: where front and back meet, a
    // position has two.
    std::vector<std::array<cv::Vec2f, 3>> texture_corners;  // u right, v down, 0..1
    cv::Mat texture;                                        // BGR
};

// Area-weighted normals of the positions, unit length.
std::vector<cv::Vec3f> normals_of(const Mesh& mesh);

// Moves the mesh's centre to the origin and scales its longest side to `size_mm`.
void fit(Mesh& mesh, double size_mm);

// glTF 2.0 binary (Khronos, 2.0.1): positions in metres, one material, the texture as JPEG.
std::vector<unsigned char> to_glb(const Mesh& mesh);
// Binary STL in millimetres.
std::vector<unsigned char> to_stl(const Mesh& mesh);
// A picture of the mesh, `side` pixels square, turned by `degrees` about its upright axis, on
// nothing: BGRA.
cv::Mat render_preview(const Mesh& mesh, int side, double degrees);

// Both take BGR pictures; `mask` is float of the picture's size. `grid`: cells along the longest
// side.
Mesh inflate(const cv::Mat& picture, const cv::Mat& mask, int grid, bool mirror_back);
Mesh relief(const cv::Mat& picture, int grid);

}  // namespace zoetrope::engine
