#include "engine/picture.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "engine/codecs.hpp"
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
    if (picture.empty()) throw Refused(damaged);
    return picture;
}

// Flips and turns until it stands as it is shown.
void turn(cv::Mat& picture, int orientation) {
    if (orientation >= 5) cv::transpose(picture, picture);
    constexpr int left_to_right = 1, upside_down = 0, both = -1;
    switch (orientation) {
        case 2:
        case 6:
            return cv::flip(picture, picture, left_to_right);
        case 3:
        case 7:
            return cv::flip(picture, picture, both);
        case 4:
        case 8:
            return cv::flip(picture, picture, upside_down);
        default:
            return;
    }
}

// The profile in a chunk of its own (RFC 9649 section 2.7.1.4).
Profile webp_profile(std::span<const unsigned char> file) {
    const auto word = [&](std::size_t at) {
        return std::size_t(file[at]) | std::size_t(file[at + 1]) << 8 |
               std::size_t(file[at + 2]) << 16 | std::size_t(file[at + 3]) << 24;
    };
    for (std::size_t at = 12; at + 8 <= file.size();) {
        const std::size_t bytes = std::min(word(at + 4), file.size() - at - 8);
        const auto chunk = file.subspan(at + 8, bytes);
        if (std::memcmp(&file[at], "ICCP", 4) == 0) return {chunk.begin(), chunk.end()};
        at += 8 + bytes + bytes % 2;
    }
    return {};
}

constexpr unsigned core_header_bytes = 12;

// A BMP of OS/2 (BITMAPCOREHEADER, three bytes a colour) as Windows writes them: OpenCV reads the
// former wrongly.
std::vector<unsigned char> with_info_header(
    std::span<const unsigned char> file, const PictureHeader& header
) {
    constexpr std::size_t file_header_bytes = 14, info_header_bytes = 40;
    const auto word = [&file](std::size_t at) {
        return std::size_t(file[at]) | std::size_t(file[at + 1]) << 8;
    };
    const std::size_t pixels_at = std::min(word(10) | word(12) << 16, file.size());
    const std::size_t bits = word(24);
    std::vector<unsigned char> out(file.begin(), file.begin() + file_header_bytes);
    const auto put = [&out](std::size_t value, int bytes) {
        for (int i = 0; i < bytes; ++i)
            out.push_back(i < 8 ? static_cast<unsigned char>(value >> (8 * i)) : 0);
    };
    put(info_header_bytes, 4);
    put(std::size_t(header.width), 4);
    put(std::size_t(header.height), 4);
    put(1, 2);
    put(bits, 2);
    put(0, 24);  // neither compressed nor anything else
    const std::size_t colours = bits <= 8 ? std::size_t(1) << bits : 0;
    for (std::size_t i = 0; i < colours; ++i) {
        const std::size_t at = file_header_bytes + core_header_bytes + 3 * i;
        for (std::size_t k = 0; k < 3; ++k) out.push_back(at + k < pixels_at ? file[at + k] : 0);
        out.push_back(0);
    }
    const std::size_t begins_at = out.size();
    for (std::size_t i = 0; i < 4; ++i)
        out[10 + i] = static_cast<unsigned char>(begins_at >> (8 * i));
    out.insert(out.end(), file.begin() + std::ptrdiff_t(pixels_at), file.end());
    return out;
}

Decoded decode_any(std::span<const unsigned char> file, const PictureHeader& header, int side_min) {
    if (header.media_type == "image/jpeg") return decode_jpeg(file, side_min);
    if (header.media_type == "image/png") return decode_png(file);
    // OpenCV turns a TIFF by itself, unless it is told to leave everything unchanged.
    const bool is_tiff = header.media_type == "image/tiff";
    std::vector<unsigned char> rewritten;
    if (header.media_type == "image/bmp" && file[14] == core_header_bytes) {
        rewritten = with_info_header(file, header);
        file = rewritten;
    }
    Decoded out{
        .picture = decode_with(file, is_tiff ? cv::IMREAD_COLOR : cv::IMREAD_UNCHANGED),
        .profile = {}
    };
    if (header.media_type == "image/webp") out.profile = webp_profile(file);
    return out;
}

}  // namespace

cv::Mat decode(std::span<const unsigned char> file, const PictureHeader& header, int side_min) {
    auto [picture, profile] = decode_any(file, header, side_min);
    // Small first: the conversions below copy.
    if (const double scale = double(side_min) / std::max(picture.cols, picture.rows); scale < 0.5) {
        cv::resize(picture, picture, scaled(picture.size(), scale), 0, 0, cv::INTER_AREA);
    }
    if (picture.depth() == CV_16U) picture.convertTo(picture, CV_8U, 1 / 257.0);
    if (picture.depth() == CV_32F) picture.convertTo(picture, CV_8U, 255);
    if (picture.channels() == 1) cv::cvtColor(picture, picture, cv::COLOR_GRAY2BGR);
    to_srgb(picture, profile);
    if (header.media_type != "image/tiff") turn(picture, header.orientation);
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
