#include "engine/matte.hpp"

#include <algorithm>
#include <opencv2/dnn.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

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

double share_above(const cv::Mat& mask, int threshold) {
    return double(cv::countNonZero(mask > threshold)) / double(mask.total());
}

engine_protocol::Matted judge(const cv::Mat& mask) {
    engine_protocol::Matted matted;
    matted.coverage = share_above(mask, 127);
    const double touched = share_above(mask, 40);
    matted.certainty = touched > 0 ? share_above(mask, 200) / touched : 0;
    matted.accepted = matted.coverage >= coverage_min && matted.coverage <= coverage_max &&
                      matted.certainty > certainty_min;
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

CutOut cut_out(cv::Mat picture, int weights) {
    const double scale = std::min(1.0, double(network_side) / std::max(picture.cols, picture.rows));
    cv::resize(picture, picture, scaled(picture.size(), scale), 0, 0, cv::INTER_AREA);
    CutOut found;
    if (picture.channels() == 4) {  // a picture that brings its own cut-out needs none from us
        cv::extractChannel(picture, found.mask, 3);
        found.verdict = judge(found.mask);
        cv::cvtColor(picture, picture, cv::COLOR_BGRA2BGR);
    }
    if (!found.verdict.accepted) {
        cv::resize(
            run_network(picture, weights), found.mask, picture.size(), 0, 0, cv::INTER_LINEAR
        );
        found.verdict = judge(found.mask);
    }
    return found;
}

std::string matte(const Task& task) {
    const Mapped file(task.inputs.at(0));
    const PictureHeader header = read_header(file.bytes());
    cv::Mat picture = decode(file.bytes(), header, network_side);
    task.channel.progress(0.05, "cutting out the subject");
    const CutOut found = cut_out(std::move(picture), task.inputs.at(1));
    std::vector<unsigned char> png;
    cv::imencode(".png", found.mask, png);
    write_all(task.outputs.at(0), png);
    return json::to_string(found.verdict);
}

}  // namespace zoetrope::engine
