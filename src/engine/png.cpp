#include <png.h>
#include <csetjmp>
#include <cstring>

#include "engine/channel.hpp"
#include "engine/codecs.hpp"

namespace zoetrope::engine {

namespace {

using Bytes = std::span<const unsigned char>;

struct PngReader {
    Bytes rest;
    png_structp png = nullptr;
    png_infop info = nullptr;

    explicit PngReader(Bytes file) : rest(file) {
        const auto ignore = [](png_structp, png_const_charp) {};
        png = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, ignore);
        info = png ? png_create_info_struct(png) : nullptr;
        if (!info) throw std::bad_alloc();
        png_set_read_fn(png, this, [](png_structp from, png_bytep into, std::size_t count) {
            Bytes& left = static_cast<PngReader*>(png_get_io_ptr(from))->rest;
            if (count > left.size()) png_error(from, "the file ends");
            std::memcpy(into, left.data(), count);
            left = left.subspan(count);
        });
    }
    ~PngReader() { png_destroy_read_struct(&png, &info, nullptr); }
    PngReader(const PngReader&) = delete;
};

// The library leaves by longjmp where it fails, past destructors: so nothing here has one.
bool begin(PngReader& reader) {
    if (setjmp(png_jmpbuf(reader.png))) return false;
    png_read_info(reader.png, reader.info);
    png_set_expand(reader.png);  // palettes, few bits, tRNS
    png_set_scale_16(reader.png);
    png_set_gray_to_rgb(reader.png);
    png_set_bgr(reader.png);
    png_set_interlace_handling(reader.png);
    png_read_update_info(reader.png, reader.info);
    return png_get_bit_depth(reader.png, reader.info) == 8;
}

bool read_rows(PngReader& reader, png_bytep* rows) {
    if (setjmp(png_jmpbuf(reader.png))) return false;
    png_read_image(reader.png, rows);
    return true;
}

Profile profile_of(PngReader& reader) {
    char* name = nullptr;
    int compression = 0;
    png_bytep bytes = nullptr;
    png_uint_32 size = 0;
    if (!png_get_iCCP(reader.png, reader.info, &name, &compression, &bytes, &size)) return {};
    return {bytes, bytes + size};
}

}  // namespace

Decoded decode_png(Bytes file) {
    PngReader reader(file);
    if (!begin(reader)) throw Refused(damaged);
    const int channels = png_get_channels(reader.png, reader.info);
    const auto width = png_get_image_width(reader.png, reader.info);
    const auto height = png_get_image_height(reader.png, reader.info);
    if ((channels != 3 && channels != 4) ||
        png_get_rowbytes(reader.png, reader.info) != std::size_t(width) * std::size_t(channels))
        throw Refused(damaged);
    Decoded out{.picture = {}, .profile = profile_of(reader)};
    out.picture.create(int(height), int(width), channels == 4 ? CV_8UC4 : CV_8UC3);
    std::vector<png_bytep> rows;
    rows.reserve(height);
    for (int y = 0; y < out.picture.rows; ++y) rows.push_back(out.picture.ptr(y));
    if (!read_rows(reader, rows.data())) throw Refused(damaged);
    return out;
}

}  // namespace zoetrope::engine
