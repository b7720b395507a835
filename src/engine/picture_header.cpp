#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "engine/channel.hpp"
#include "engine/picture.hpp"

namespace zoetrope::engine {

namespace {

using Bytes = std::span<const unsigned char>;

constexpr int side_max = 30'000;
constexpr std::int64_t pixels_max = 120'000'000;  // decoded reduced where the format allows
constexpr std::int64_t decoded_bytes_max =
    320'000'000;  // PNG, BMP, TIFF and WebP are decoded whole
// A progressive JPEG keeps all its coefficients, two bytes each, until its last scan.
constexpr std::int64_t coefficient_bytes_max = 300'000'000;
constexpr int side_min = 16;

const char* truncated =
    "The picture's file ends before the picture does. It may have been cut off on its way; send it "
    "again.";

bool starts_with(Bytes bytes, std::string_view what, std::size_t at = 0) {
    return bytes.size() >= at + what.size() &&
           std::memcmp(bytes.data() + at, what.data(), what.size()) == 0;
}

struct Cursor {
    Bytes bytes;
    bool little = false;

    std::uint32_t number(std::size_t at, std::size_t count) const {
        if (at + count > bytes.size()) throw Refused(truncated);
        std::uint32_t out = 0;
        for (std::size_t i = 0; i < count; ++i) {
            out |= std::uint32_t(bytes[at + i]) << (8 * (little ? i : count - 1 - i));
        }
        return out;
    }
};

// A tag of the first directory of a TIFF structure, as EXIF and TIFF files have it (TIFF 6.0,
// section 2).
std::optional<std::uint32_t> tiff_tag(Bytes tiff, std::uint16_t wanted) {
    Cursor in{tiff, starts_with(tiff, "II")};
    const std::size_t directory = in.number(4, 4);
    const std::uint32_t count = in.number(directory, 2);
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::size_t entry = directory + 2 + 12 * std::size_t(i);
        if (in.number(entry, 2) != wanted) continue;
        return in.number(entry + 8, in.number(entry + 2, 2) == 3 ? 2 : 4);  // 3: SHORT
    }
    return std::nullopt;
}

int orientation_of(Bytes tiff) {
    try {
        const auto tag = tiff_tag(tiff, 0x0112);
        return tag && *tag >= 1 && *tag <= 8 ? int(*tag) : 1;
    } catch (const Refused&) {
        return 1;  // broken EXIF is common and says nothing about the picture
    }
}

// What a progressive frame's coefficients take, `at` its marker (T.81, B.2.2 and A.1.1).
std::int64_t coefficient_bytes(const Cursor& in, std::size_t at, const PictureHeader& header) {
    std::int64_t widest = 1, highest = 1, samples = 0;
    const std::uint32_t components = in.number(at + 9, 1);
    for (std::uint32_t i = 0; i < components; ++i) {
        const std::uint32_t factors = in.number(at + 11 + std::size_t(3) * i, 1);
        widest = std::max<std::int64_t>(widest, factors >> 4);
        highest = std::max<std::int64_t>(highest, factors & 15);
        samples += std::int64_t(factors >> 4) * (factors & 15);
    }
    return std::int64_t(header.width) * header.height * samples * 2 / (widest * highest);
}

// ITU-T T.81, annex B
PictureHeader jpeg(Bytes file) {
    PictureHeader header{.media_type = "image/jpeg"};
    const Cursor in{file};
    std::size_t at = 2;
    while (true) {
        while (in.number(at, 1) == 0xff && in.number(at + 1, 1) == 0xff) ++at;  // fill bytes
        if (in.number(at, 1) != 0xff) throw Refused("The JPEG file is damaged.");
        const std::uint32_t marker = in.number(at + 1, 1);
        const std::uint32_t length = in.number(at + 2, 2);
        const bool frame =
            marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
        if (frame) {
            header.height = int(in.number(at + 5, 2));
            header.width = int(in.number(at + 7, 2));
            if (marker == 0xc2) header.coefficient_bytes = coefficient_bytes(in, at, header);
        } else if (marker == 0xe1 && starts_with(file, std::string_view("Exif\0\0", 6), at + 4) &&
                   at + 2 + length <= file.size()) {
            header.orientation =
                orientation_of(file.subspan(at + 10, length - std::min(length, 8u)));
        } else if (marker == 0xda) {
            break;  // the scan: no FF D9 may stand inside it but at its end
        }
        at += 2 + length;
    }
    static constexpr unsigned char end[] = {0xff, 0xd9};
    if (std::search(
            file.begin() + std::ptrdiff_t(at), file.end(), std::begin(end), std::end(end)
        ) == file.end()) {
        throw Refused(truncated);
    }
    return header;
}

// PNG (W3C, third edition), section 11
PictureHeader png(Bytes file) {
    const Cursor in{file};
    PictureHeader header{
        .media_type = "image/png", .width = int(in.number(16, 4)), .height = int(in.number(20, 4))
    };
    const int samples = in.number(25, 1) & 4 ? 4 : 3;
    header.sample_bytes = samples * (in.number(24, 1) == 16 ? 2 : 1);
    for (std::size_t at = 8;; at += 12 + std::size_t(in.number(at, 4))) {
        if (at + 12 > file.size()) throw Refused(truncated);
        if (starts_with(file, "acTL", at + 4))
            throw Refused("The PNG is animated. Send one still picture.");
        if (starts_with(file, "IEND", at + 4)) return header;
    }
}

// RFC 9649, sections 2.5 to 2.7
PictureHeader webp(Bytes file) {
    const Cursor in{file, true};
    if (std::size_t(in.number(4, 4)) + 8 > file.size()) throw Refused(truncated);
    PictureHeader header{.media_type = "image/webp", .sample_bytes = 4};
    if (starts_with(file, "VP8X", 12)) {
        if (in.number(20, 1) & 2) throw Refused("The WebP is animated. Send one still picture.");
        header.width = int(in.number(24, 3)) + 1;
        header.height = int(in.number(27, 3)) + 1;
    } else if (starts_with(file, "VP8L", 12)) {
        const std::uint32_t packed = in.number(21, 4);
        header.width = int(packed & 0x3fff) + 1;
        header.height = int((packed >> 14) & 0x3fff) + 1;
    } else {
        header.width = int(in.number(26, 2) & 0x3fff);
        header.height = int(in.number(28, 2) & 0x3fff);
    }
    return header;
}

PictureHeader bmp(Bytes file) {
    const Cursor in{file, true};
    PictureHeader header{.media_type = "image/bmp", .width = int(in.number(18, 4))};
    const std::int64_t height = std::int32_t(in.number(22, 4));  // negative: from the top down
    header.height = int(std::min<std::int64_t>(std::abs(height), INT32_MAX));
    if (in.number(2, 4) > file.size()) throw Refused(truncated);
    return header;
}

PictureHeader tiff(Bytes file) {
    PictureHeader header{.media_type = "image/tiff"};
    header.width = int(tiff_tag(file, 256).value_or(0));
    header.height = int(tiff_tag(file, 257).value_or(0));
    header.orientation = orientation_of(file);
    header.sample_bytes = 8;  // it may be 16 bits and four samples
    return header;
}

PictureHeader sniff(Bytes file) {
    if (file.empty()) throw Refused("The file is empty.");
    if (starts_with(file, "\xff\xd8\xff")) return jpeg(file);
    if (starts_with(file, "\x89PNG\r\n\x1a\n")) return png(file);
    if (starts_with(file, "RIFF") && starts_with(file, "WEBP", 8)) return webp(file);
    if (starts_with(file, "BM") && file.size() > 26) return bmp(file);
    if (starts_with(file, std::string_view("II*\0", 4)) ||
        starts_with(file, std::string_view("MM\0*", 4)))
        return tiff(file);
    if (starts_with(file, "GIF8"))
        throw Refused("GIF files cannot be used. Save one frame as PNG or JPEG.");
    if (starts_with(file, "ftyp", 4))
        throw Refused(
            "HEIC, AVIF and video files cannot be used yet. Save the photo as JPEG or PNG."
        );
    throw Refused("The file is not a picture that can be used. Send JPEG, PNG, WebP, TIFF or BMP.");
}

}  // namespace

PictureHeader read_header(Bytes file) {
    const PictureHeader header = sniff(file);
    const std::int64_t pixels = std::int64_t(header.width) * header.height;
    const std::string size =
        std::to_string(header.shown_width()) + " x " + std::to_string(header.shown_height());
    if (header.width < side_min || header.height < side_min) {
        throw Refused("The picture is " + size + " pixels; at least 16 x 16 are needed.");
    }
    const bool reducible = header.media_type == "image/jpeg";
    if (header.width > side_max || header.height > side_max || pixels > pixels_max ||
        (!reducible && pixels * header.sample_bytes > decoded_bytes_max) ||
        header.coefficient_bytes > coefficient_bytes_max) {
        throw Refused(
            "The picture is " + size +
            " pixels, more than can be worked with. Make it smaller, or send it as a baseline JPEG "
            "of at most 120 megapixels."
        );
    }
    return header;
}

}  // namespace zoetrope::engine
