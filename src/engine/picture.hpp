// Pictures from outside: what a file's header says, and its pixels, decoded no larger than needed.
#pragma once

#include <opencv2/core.hpp>
#include <span>
#include <string>

namespace zoetrope::engine {

// Bytes of a descriptor, mapped for reading.
class Mapped {
  public:
    explicit Mapped(int fd);
    ~Mapped();
    Mapped(const Mapped&) = delete;
    Mapped& operator=(const Mapped&) = delete;
    std::span<const unsigned char> bytes() const { return {data_, size_}; }

  private:
    const unsigned char* data_ = nullptr;
    std::size_t size_ = 0;
};

struct PictureHeader {
    std::string media_type;
    int width = 0;  // as stored
    int height = 0;
    int orientation = 0;                 // EXIF 2.32, tag 0x0112: 1 to 8
    int sample_bytes = 3;                // of one decoded pixel
    std::int64_t coefficient_bytes = 0;  // that the decoder keeps until the last scan
    bool may_be_cut = false;             // a JPEG without its end marker

    int shown_width() const { return orientation >= 5 ? height : width; }
    int shown_height() const { return orientation >= 5 ? width : height; }
};

// Reads the header, and that the file does not end before its picture does. What it says of the
// size and how the picture is turned, decode() does. Throws Refused in plain words for everything
// that is not one whole, still picture of a size that can be worked with.
PictureHeader read_header(std::span<const unsigned char> file);

// BGR or BGRA, 8 bit, sRGB, as shown: turned. The longer side is at least `side_min` when the
// picture's is, and otherwise as small as the decoder can make it.
cv::Mat decode(std::span<const unsigned char> file, const PictureHeader& header, int side_min);

// The size at another scale; no side vanishes, however thin the picture.
cv::Size scaled(cv::Size size, double scale);

// A mask made by `matte`, 8 bit, one channel.
cv::Mat decode_mask(std::span<const unsigned char> file);

void write_all(int fd, std::span<const unsigned char> bytes);

}  // namespace zoetrope::engine
