#include "engine/picture.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "engine/operations.hpp"
#include "platform/base/json/write.hpp"

namespace zoetrope::engine {

Mapped::Mapped(int fd) {
    const off_t end =
        lseek(fd, 0, SEEK_END);  // fstat is by path to the kernel, and the sandbox has no paths
    if (end < 0) throw std::runtime_error("an input cannot be read");
    size_ = std::size_t(end);
    if (size_ == 0) return;
    void* mapped = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
    if (mapped == MAP_FAILED) throw std::runtime_error("an input cannot be mapped");
    data_ = static_cast<const unsigned char*>(mapped);
}

Mapped::~Mapped() {
    if (data_) munmap(const_cast<unsigned char*>(data_), size_);
}

namespace {

cv::Mat decode_with(std::span<const unsigned char> file, int flags) {
    const cv::Mat bytes(1, int(file.size()), CV_8U, const_cast<unsigned char*>(file.data()));
    cv::Mat picture;
    try {
        picture = cv::imdecode(bytes, flags);
    } catch (const cv::Exception& error) {
        if (error.code == cv::Error::StsNoMem) throw std::bad_alloc();
    }
    if (picture.empty()) throw Refused("The picture's file is damaged and cannot be decoded.");
    return picture;
}

int jpeg_reduction(const PictureHeader& header, int side_min) {
    const int side = std::max(header.width, header.height);
    if (side / 8 >= side_min) return cv::IMREAD_REDUCED_COLOR_8;
    if (side / 4 >= side_min) return cv::IMREAD_REDUCED_COLOR_4;
    if (side / 2 >= side_min) return cv::IMREAD_REDUCED_COLOR_2;
    return cv::IMREAD_COLOR;
}

}  // namespace

cv::Mat decode(std::span<const unsigned char> file, const PictureHeader& header, int side_min) {
    if (header.media_type == "image/jpeg")
        return decode_with(file, jpeg_reduction(header, side_min));
    cv::Mat picture = decode_with(
        file, header.media_type == "image/tiff" ? cv::IMREAD_COLOR : cv::IMREAD_UNCHANGED
    );
    // Small first: the conversions below copy.
    if (const double scale = double(side_min) / std::max(picture.cols, picture.rows); scale < 0.5) {
        cv::resize(picture, picture, scaled(picture.size(), scale), 0, 0, cv::INTER_AREA);
    }
    if (picture.depth() == CV_16U) picture.convertTo(picture, CV_8U, 1 / 257.0);
    if (picture.depth() == CV_32F) picture.convertTo(picture, CV_8U, 255);
    if (picture.channels() == 1) cv::cvtColor(picture, picture, cv::COLOR_GRAY2BGR);
    return picture;
}

cv::Size scaled(cv::Size size, double scale) {
    return {
        std::max(1, int(std::lround(size.width * scale))),
        std::max(1, int(std::lround(size.height * scale)))
    };
}

cv::Mat decode_mask(std::span<const unsigned char> file) {
    return decode_with(file, cv::IMREAD_GRAYSCALE);
}

void write_all(int fd, std::span<const unsigned char> bytes) {
    while (!bytes.empty()) {
        const ssize_t wrote = write(fd, bytes.data(), bytes.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0)
            throw std::runtime_error(
                errno == ENOSPC ? "the disk is full" : "an output cannot be written"
            );
        bytes = bytes.subspan(std::size_t(wrote));
    }
}

std::string probe(const Task& task) {
    const Mapped file(task.inputs.at(0));
    const PictureHeader header = read_header(file.bytes());
    return json::to_string(
        engine_protocol::Probed{header.media_type, header.shown_width(), header.shown_height()}
    );
}

}  // namespace zoetrope::engine
