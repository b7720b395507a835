#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "engine/channel.hpp"
#include "engine/codecs.hpp"
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

const char* raw =
    "This is a camera's raw file (DNG, CR2, NEF, ARW and their kind). Develop it first, and send "
    "the "
    "photo as JPEG, PNG or TIFF.";

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

// The values of a tag of the first directory of a TIFF structure, as EXIF and TIFF files have it
// (TIFF 6.0, section 2).
struct Tag {
    Cursor in;
    std::size_t at = 0;  // of the first value
    std::size_t count = 0;
    std::size_t bytes = 4;  // of each

    std::uint32_t value(std::size_t i = 0) const { return in.number(at + i * bytes, bytes); }
};

std::optional<Tag> find_tag(Bytes tiff, std::uint16_t wanted) {
    constexpr std::uint32_t type_byte = 1, type_short = 3, type_undefined = 7;
    Cursor in{tiff, starts_with(tiff, "II")};
    const std::size_t directory = in.number(4, 4);
    const std::uint32_t entries = in.number(directory, 2);
    for (std::uint32_t i = 0; i < entries; ++i) {
        const std::size_t entry = directory + 2 + 12 * std::size_t(i);
        if (in.number(entry, 2) != wanted) continue;
        const std::uint32_t type = in.number(entry + 2, 2);
        Tag tag{.in = in, .count = in.number(entry + 4, 4)};
        if (type == type_byte || type == type_undefined) tag.bytes = 1;
        if (type == type_short) tag.bytes = 2;
        tag.at = tag.count * tag.bytes <= 4 ? entry + 8 : in.number(entry + 8, 4);
        return tag;
    }
    return std::nullopt;
}

std::uint32_t tiff_number(Bytes tiff, std::uint16_t wanted, std::uint32_t fallback) {
    const auto tag = find_tag(tiff, wanted);
    return tag && tag->count > 0 ? tag->value() : fallback;
}

// 0: it does not say, or nothing that can be meant.
int orientation_of(Bytes tiff) {
    try {
        const std::uint32_t said = tiff_number(tiff, 0x0112, 0);
        return said >= 1 && said <= 8 ? int(said) : 0;
    } catch (const Refused&) {
        return 0;  // broken EXIF is common and says nothing about the picture
    }
}

// Keeps the first orientation: a file may have several EXIF segments, and decoders must agree.
void turn(PictureHeader& header, int orientation) {
    if (header.orientation == 0) header.orientation = orientation;
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
        while (in.number(at, 1) != 0xff) ++at;  // decoders pass over stray bytes
        while (in.number(at + 1, 1) == 0xff) ++at;
        const std::uint32_t marker = in.number(at + 1, 1);
        if (marker == 0x00 || marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
            at += 2;  // stands alone
            continue;
        }
        if (marker == 0xd9) throw Refused(truncated);
        const std::uint32_t length = in.number(at + 2, 2);
        const bool frame =
            marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
        if (frame) {
            header.height = int(in.number(at + 5, 2));
            header.width = int(in.number(at + 7, 2));
            if (marker == 0xc2) header.coefficient_bytes = coefficient_bytes(in, at, header);
        } else if (marker == 0xe1 && starts_with(file, std::string_view("Exif\0\0", 6), at + 4) &&
                   at + 2 + length <= file.size()) {
            turn(header, orientation_of(file.subspan(at + 10, length - std::min(length, 8U))));
        } else if (marker == 0xda) {
            break;  // the scan: no FF D9 may stand inside it but at its end
        }
        at += 2 + length;
    }
    static constexpr unsigned char end[] = {0xff, 0xd9};
    header.may_be_cut =
        std::search(
            file.begin() + std::ptrdiff_t(at), file.end(), std::begin(end), std::end(end)
        ) == file.end();
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
        if (starts_with(file, "tRNS", at + 4) && samples == 3)
            header.sample_bytes = header.sample_bytes / 3 * 4;
        if (starts_with(file, "eXIf", at + 4)) {
            const std::size_t bytes = std::min<std::size_t>(in.number(at, 4), file.size() - at - 8);
            turn(header, orientation_of(file.subspan(at + 8, bytes)));
        }
        if (starts_with(file, "IEND", at + 4)) return header;
    }
}

// Some programs write the marker of JPEG's segment here, too.
int exif_orientation(Bytes chunk) {
    const bool has_marker = starts_with(chunk, std::string_view("Exif\0\0", 6));
    return orientation_of(has_marker ? chunk.subspan(6) : chunk);
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
        const std::size_t end = std::size_t(in.number(4, 4)) + 8;
        for (std::size_t at = 12; at + 8 <= end;) {
            const std::size_t bytes = std::min<std::size_t>(in.number(at + 4, 4), end - at - 8);
            if (starts_with(file, "EXIF", at))
                turn(header, exif_orientation(file.subspan(at + 8, bytes)));
            at += 8 + bytes + bytes % 2;
        }
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
    PictureHeader header{.media_type = "image/bmp"};
    if (in.number(2, 4) > file.size()) throw Refused(truncated);
    if (in.number(14, 4) == 12) {  // BITMAPCOREHEADER, as OS/2 wrote them
        header.width = int(in.number(18, 2));
        header.height = int(in.number(20, 2));
        return header;
    }
    header.width = int(std::min<std::uint32_t>(in.number(18, 4), INT32_MAX));
    const std::int64_t height = std::int32_t(in.number(22, 4));  // negative: from the top down
    header.height = int(std::min<std::int64_t>(std::abs(height), INT32_MAX));
    return header;
}

// Whether all of the TIFF's strips, or tiles, lie in the file.
bool has_strips(Bytes file, std::uint16_t offsets_tag, std::uint16_t bytes_tag) {
    const auto offsets = find_tag(file, offsets_tag);
    const auto bytes = find_tag(file, bytes_tag);
    if (!offsets || !bytes) return true;  // said otherwise, or not at all
    for (std::size_t i = 0; i < std::min(offsets->count, bytes->count); ++i)
        if (std::uint64_t(offsets->value(i)) + bytes->value(i) > file.size()) return false;
    return true;
}

// Cameras keep their raw data behind a small preview, which would be taken for the photo.
bool is_raw(Bytes file) {
    constexpr std::uint16_t subfile_type = 254, sub_directories = 330, dng_version = 50'706;
    return find_tag(file, dng_version) || starts_with(file, "CR", 8) ||
           ((tiff_number(file, subfile_type, 0) & 1) != 0 && find_tag(file, sub_directories));
}

PictureHeader tiff(Bytes file) {
    PictureHeader header{.media_type = "image/tiff"};
    if (is_raw(file)) throw Refused(raw);
    header.width = int(std::min<std::uint32_t>(tiff_number(file, 256, 0), INT32_MAX));
    header.height = int(std::min<std::uint32_t>(tiff_number(file, 257, 0), INT32_MAX));
    turn(header, orientation_of(file));
    if (!has_strips(file, 273, 279) || !has_strips(file, 324, 325)) throw Refused(truncated);
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
    using namespace std::string_view_literals;
    for (const auto magic : {"FUJIFILMCCD-RAW"sv, "IIRO"sv, "IIRS"sv, "IIU\0"sv, "\0MRM"sv})
        if (starts_with(file, magic)) throw Refused(raw);
    if (starts_with(file, "ftypcrx ", 4)) throw Refused(raw);
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
    PictureHeader header = sniff(file);
    if (header.orientation == 0) header.orientation = 1;
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
    // Many programs forget the end, and viewers show such pictures. It takes decoding to know.
    if (header.may_be_cut && !is_whole_jpeg(file)) throw Refused(truncated);
    return header;
}

}  // namespace zoetrope::engine
