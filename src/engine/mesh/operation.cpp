// local/inflate, local/relief and local/image-to-3d: one photo to a closed, textured model.
#include <algorithm>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "engine/masks.hpp"
#include "engine/matte.hpp"
#include "engine/mesh/mesh.hpp"
#include "engine/operations.hpp"
#include "engine/picture.hpp"
#include "platform/base/json/read.hpp"

namespace zoetrope::engine {

namespace {

namespace ep = engine_protocol;

constexpr int working_side = 1536;  // pixels: more than the texture keeps
constexpr int preview_side = 768;
constexpr double preview_degrees = -24;

cv::Mat load_picture(const Task& task) {
    const Mapped file(task.inputs.at(0));
    cv::Mat picture = decode(file.bytes(), read_header(file.bytes()), working_side);
    const double scale = double(working_side) / std::max(picture.cols, picture.rows);
    const int how = scale < 1 ? cv::INTER_AREA : cv::INTER_CUBIC;
    cv::resize(picture, picture, scaled(picture.size(), scale), 0, 0, how);
    return picture;
}

// A cut-out of the picture's own is as exact as it is; the network's takes the picture's edges.
cv::Mat load_mask(const Task& task, const cv::Mat& picture) {
    if (const auto own = own_mask(picture)) {
        cv::Mat exact;
        own->convertTo(exact, CV_32F, 1 / 255.0);
        return exact;
    }
    const Mapped file(task.inputs.at(1));
    cv::Mat mask = decode_mask(file.bytes());
    mask.convertTo(mask, CV_32F, 1 / 255.0);
    cv::resize(mask, mask, picture.size(), 0, 0, cv::INTER_LINEAR);
    return refine(mask, on_ground(picture), picture.cols / 160);
}

}  // namespace

// What was asked for; left to choose, a subject too thin to be inflated becomes a relief.
static std::pair<Mesh, ep::Shape> make(
    const Task& task, const ep::MeshParams& params, const cv::Mat& picture
) {
    if (params.shape != ep::Shape::relief && task.inputs.size() > 1) {
        task.channel.progress(0.1, "inflating the subject");
        try {
            return {
                inflate(
                    on_ground(picture),
                    load_mask(task, picture),
                    params.grid,
                    params.back == ep::Back::mirror
                ),
                ep::Shape::inflate
            };
        } catch (const Refused&) {
            if (params.shape == ep::Shape::inflate) throw;
        }
    }
    task.channel.progress(0.1, "raising the relief");
    return {relief(picture, params.grid), ep::Shape::relief};
}

std::string mesh(const Task& task) {
    const auto params = json::read<ep::MeshParams>(task.order.params.text);
    if (!params) throw std::runtime_error("mesh: " + params.error().message);
    auto [made, shape] = make(task, *params, load_picture(task));
    fit(made, params->size_mm);
    task.channel.progress(0.6, "writing the model");
    write_all(task.outputs.at(0), to_glb(made));
    write_all(task.outputs.at(1), to_stl(made));
    task.channel.progress(0.8, "drawing the preview");
    const cv::Mat preview = render_preview(made, preview_side, preview_degrees);
    std::vector<unsigned char> png;
    cv::imencode(".png", preview, png);
    write_all(task.outputs.at(2), png);
    return json::to_string(
        ep::Modelled{shape, int(made.triangles.size()), preview.cols, preview.rows}
    );
}

}  // namespace zoetrope::engine
