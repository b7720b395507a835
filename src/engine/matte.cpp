#include "engine/matte.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/dnn.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "engine/masks.hpp"
#include "engine/operations.hpp"
#include "engine/picture.hpp"
#include "platform/base/json/write.hpp"

namespace zoetrope::engine {

namespace {

constexpr int network_side = 1024;

// The gate. A subject covers neither next to nothing nor nearly everything, and where the network
// says "something" it mostly says "surely".
constexpr double coverage_min = 0.015;
constexpr double coverage_max = 0.85;
constexpr double certainty_min = 0.55;
constexpr double border_max = 0.5;      // of the picture's border: more is a landscape's ground
constexpr double piece_min = 0.6;       // of the subject, in its largest piece
constexpr double thickness_min = 0.06;  // see thickness(): wires and twigs are thinner

double share_above(const cv::Mat& mask, int threshold) {
    return double(cv::countNonZero(mask > threshold)) / double(mask.total());
}

// The share of the picture's border that the subject covers.
double border_share(const cv::Mat& solid) {
    const int covered =
        cv::countNonZero(solid.row(0)) + cv::countNonZero(solid.row(solid.rows - 1)) +
        cv::countNonZero(solid.col(0)) + cv::countNonZero(solid.col(solid.cols - 1));
    return double(covered) / (2 * (solid.rows + solid.cols));
}

// The thickest place, as a share of a square of the same area: 0.5 is a square's, 0.2 a standing
// person's.
double thickness(const cv::Mat& solid) {
    cv::Mat bordered, depth;
    cv::copyMakeBorder(solid, bordered, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
    cv::distanceTransform(bordered, depth, cv::DIST_L2, 3);
    double deepest = 0;
    cv::minMaxLoc(depth, nullptr, &deepest);
    return deepest / std::sqrt(double(cv::countNonZero(solid)));
}

engine_protocol::Subject subject_of(const cv::Mat& mask, const engine_protocol::Matted& measured) {
    using engine_protocol::Subject;
    if (measured.coverage < coverage_min) return Subject::none;
    if (measured.coverage > coverage_max) return Subject::too_large;
    if (measured.certainty <= certainty_min) return Subject::uncertain;
    const cv::Mat solid = mask > 127;
    if (border_share(solid) > border_max) return Subject::cut_off;
    const cv::Mat piece = largest_piece(solid);
    if (cv::countNonZero(piece) < piece_min * cv::countNonZero(solid)) return Subject::fragments;
    if (thickness(piece) < thickness_min) return Subject::too_thin;
    return Subject::clear;
}

engine_protocol::Matted judge(const cv::Mat& mask) {
    engine_protocol::Matted matted;
    matted.coverage = share_above(mask, 127);
    const double touched = share_above(mask, 40);
    matted.certainty = touched > 0 ? share_above(mask, 200) / touched : 0;
    matted.subject = subject_of(mask, matted);
    return matted;
}

cv::dnn::Net read_network(int weights) {
    const Mapped file(weights);  // only while it is read: the network has its own copy
    const auto bytes = file.bytes();
    return cv::dnn::readNetFromONNX(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

cv::Mat run_network(const cv::Mat& bgr, int weights) {
    cv::dnn::Net net = read_network(weights);
    net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    const cv::Scalar mean(128, 128, 128);
    net.setInput(cv::dnn::blobFromImage(bgr, 1 / 256.0, {network_side, network_side}, mean, true));
    const cv::Mat out = net.forward();
    const cv::Mat plane(network_side, network_side, CV_32F, const_cast<float*>(out.ptr<float>()));
    cv::Mat mask;
    plane.convertTo(mask, CV_8U, 255);
    return mask;
}

}  // namespace

std::optional<cv::Mat> own_mask(const cv::Mat& picture) {
    if (picture.channels() != 4) return std::nullopt;
    cv::Mat alpha;
    cv::extractChannel(picture, alpha, 3);
    if (judge(alpha).subject != engine_protocol::Subject::clear) return std::nullopt;
    return alpha;
}

CutOut cut_out(cv::Mat picture, std::optional<int> weights) {
    const double scale = std::min(1.0, double(network_side) / std::max(picture.cols, picture.rows));
    cv::resize(picture, picture, scaled(picture.size(), scale), 0, 0, cv::INTER_AREA);
    if (const auto own = own_mask(picture)) return {*own, judge(*own)};
    picture = on_ground(picture);
    CutOut found{.mask = cv::Mat::zeros(picture.size(), CV_8U), .verdict = {}};
    if (!weights) return found;
    cv::resize(run_network(picture, *weights), found.mask, picture.size(), 0, 0, cv::INTER_LINEAR);
    found.verdict = judge(found.mask);
    return found;
}

std::string matte(const Task& task) {
    const Mapped file(task.inputs.at(0));
    const PictureHeader header = read_header(file.bytes());
    cv::Mat picture = decode(file.bytes(), header, network_side);
    task.channel.progress(0.05, "cutting out the subject");
    const auto weights = task.inputs.size() > 1 ? std::optional(task.inputs[1]) : std::nullopt;
    const CutOut found = cut_out(std::move(picture), weights);
    std::vector<unsigned char> png;
    cv::imencode(".png", found.mask, png);
    write_all(task.outputs.at(0), png);
    return json::to_string(found.verdict);
}

}  // namespace zoetrope::engine
