// glTF 2.0 binary container: a JSON chunk that describes one binary chunk of indices, vertices and
// the texture.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <string>

#include "engine/mesh/mesh.hpp"

namespace zoetrope::engine {

namespace {

constexpr float metres_per_mm = 0.001F;

// A position with one texture coordinate: what glTF calls a vertex.
struct Vertices {
    std::vector<cv::Vec3f> positions, normals;
    std::vector<cv::Vec2f> texture;
    std::vector<std::uint32_t> indices;
};

Vertices split_corners(const Mesh& mesh) {
    const std::vector<cv::Vec3f> normals = normals_of(mesh);
    Vertices out;
    // Most positions have one texture coordinate, those of the seam two: a short list each, not a
    // hash of everything.
    std::vector<std::vector<std::uint32_t>> made(mesh.positions.size());
    for (std::size_t t = 0; t < mesh.triangles.size(); ++t) {
        for (int corner = 0; corner < 3; ++corner) {
            const std::uint32_t position = mesh.triangles[t][std::size_t(corner)];
            const cv::Vec2f& at = mesh.texture_corners[t][std::size_t(corner)];
            std::uint32_t index = UINT32_MAX;
            for (const std::uint32_t each : made[position]) {
                if (out.texture[each] == at) index = each;
            }
            if (index == UINT32_MAX) {
                index = std::uint32_t(out.positions.size());
                out.positions.push_back(mesh.positions[position] * metres_per_mm);
                out.normals.push_back(normals[position]);
                out.texture.push_back(at);
                made[position].push_back(index);
            }
            out.indices.push_back(index);
        }
    }
    return out;
}

class Binary {
  public:
    // Appends a view, aligned to four bytes, and returns its description.
    std::string add(const void* data, std::size_t bytes, int target) {
        const std::size_t at = out_.size();
        const auto* from = static_cast<const unsigned char*>(data);
        out_.insert(out_.end(), from, from + bytes);
        while (out_.size() % 4) out_.push_back(0);
        std::string view = R"({"buffer":0,"byteOffset":)" + std::to_string(at) +
                           R"(,"byteLength":)" + std::to_string(bytes);
        if (target) view += R"(,"target":)" + std::to_string(target);
        return view + "}";
    }
    const std::vector<unsigned char>& bytes() const { return out_; }

  private:
    std::vector<unsigned char> out_;
};

std::string numbers(const cv::Vec3f& vector) {
    char text[80];
    std::snprintf(
        text,
        sizeof text,
        "[%.9g,%.9g,%.9g]",
        double(vector[0]),
        double(vector[1]),
        double(vector[2])
    );
    return text;
}

std::string bounds(const std::vector<cv::Vec3f>& positions) {
    cv::Vec3f low = positions.front(), high = low;
    for (const cv::Vec3f& position : positions) {
        for (int i = 0; i < 3; ++i) {
            low[i] = std::min(low[i], position[i]);
            high[i] = std::max(high[i], position[i]);
        }
    }
    return R"("min":)" + numbers(low) + R"(,"max":)" + numbers(high);
}

std::string accessor(
    int view, int type, std::size_t count, const char* shape, const std::string& more = ""
) {
    return R"({"bufferView":)" + std::to_string(view) + R"(,"componentType":)" +
           std::to_string(type) + R"(,"count":)" + std::to_string(count) + R"(,"type":")" + shape +
           "\"" + (more.empty() ? "" : "," + more) + "}";
}

void append_chunk(
    std::vector<unsigned char>& out,
    const char* kind,
    const void* data,
    std::size_t bytes,
    char padding
) {
    const std::size_t padded = (bytes + 3) / 4 * 4;
    const auto length = std::uint32_t(padded);
    const std::size_t at = out.size();
    out.resize(at + 8 + padded, static_cast<unsigned char>(padding));
    std::memcpy(out.data() + at, &length, 4);
    std::memcpy(out.data() + at + 4, kind, 4);
    std::memcpy(out.data() + at + 8, data, bytes);
}

}  // namespace

std::vector<unsigned char> to_glb(const Mesh& mesh) {
    constexpr int float_type = 5126, unsigned_type = 5125, array_buffer = 34962,
                  element_buffer = 34963;
    const Vertices vertices = split_corners(mesh);
    std::vector<unsigned char> jpeg;
    cv::imencode(".jpg", mesh.texture, jpeg, {cv::IMWRITE_JPEG_QUALITY, 90});
    Binary binary;
    const std::string views =
        binary.add(vertices.indices.data(), vertices.indices.size() * 4, element_buffer) + "," +
        binary.add(vertices.positions.data(), vertices.positions.size() * 12, array_buffer) + "," +
        binary.add(vertices.normals.data(), vertices.normals.size() * 12, array_buffer) + "," +
        binary.add(vertices.texture.data(), vertices.texture.size() * 8, array_buffer) + "," +
        binary.add(jpeg.data(), jpeg.size(), 0);
    const std::size_t count = vertices.positions.size();
    const std::string json =
        R"({"asset":{"version":"2.0","generator":"Zoetrope"},"scene":0,"scenes":[{"nodes":[0]}],"nodes":[{"mesh":0}],)"
        R"("meshes":[{"primitives":[{"attributes":{"POSITION":1,"NORMAL":2,"TEXCOORD_0":3},"indices":0,"material":0}]}],)"
        R"("materials":[{"pbrMetallicRoughness":{"baseColorTexture":{"index":0},"metallicFactor":0,"roughnessFactor":0.85}}],)"
        R"("textures":[{"source":0,"sampler":0}],"samplers":[{"magFilter":9729,"minFilter":9987,"wrapS":33071,"wrapT":33071}],)"
        R"("images":[{"bufferView":4,"mimeType":"image/jpeg"}],"accessors":[)" +
        accessor(0, unsigned_type, vertices.indices.size(), "SCALAR") + "," +
        accessor(1, float_type, count, "VEC3", bounds(vertices.positions)) + "," +
        accessor(2, float_type, count, "VEC3") + "," + accessor(3, float_type, count, "VEC2") +
        R"(],"bufferViews":[)" + views + R"(],"buffers":[{"byteLength":)" +
        std::to_string(binary.bytes().size()) + "}]}";
    std::vector<unsigned char> out = {'g', 'l', 'T', 'F', 2, 0, 0, 0, 0, 0, 0, 0};
    append_chunk(out, "JSON", json.data(), json.size(), ' ');
    append_chunk(out, "BIN\0", binary.bytes().data(), binary.bytes().size(), '\0');
    const auto total = std::uint32_t(out.size());
    std::memcpy(out.data() + 8, &total, 4);
    return out;
}

}  // namespace zoetrope::engine
