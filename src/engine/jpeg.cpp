#include <jerror.h>
#include <jpeglib.h>
#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>

#include "engine/channel.hpp"
#include "engine/codecs.hpp"

namespace zoetrope::engine {

namespace {

using Bytes = std::span<const unsigned char>;

struct JpegErrors {
    jpeg_error_mgr base{};  // first: the library knows only this
    std::jmp_buf out{};
    bool lacks_data = false;
};

JpegErrors& errors_of(j_common_ptr of) { return *reinterpret_cast<JpegErrors*>(of->err); }

struct JpegReader {
    jpeg_decompress_struct info{};
    JpegErrors errors;

    JpegReader() {
        info.err = jpeg_std_error(&errors.base);
        errors.base.error_exit = [](j_common_ptr of) { std::longjmp(errors_of(of).out, 1); };
        errors.base.emit_message = [](j_common_ptr of, int level) {
            if (level < 0 && of->err->msg_code == JWRN_HIT_MARKER) errors_of(of).lacks_data = true;
        };
        errors.base.output_message = [](j_common_ptr) {};
    }
    ~JpegReader() { jpeg_destroy_decompress(&info); }
    JpegReader(const JpegReader&) = delete;
};

unsigned reduction(const jpeg_decompress_struct& info, int side_min) {
    const JDIMENSION side = std::max(info.image_width, info.image_height);
    unsigned by = 8;
    while (by > 1 && side / by < JDIMENSION(side_min)) by /= 2;
    return by;
}

// The library leaves by longjmp where it fails, past destructors: so nothing here has one.
bool open_jpeg(JpegReader& reader, Bytes file) {
    if (setjmp(reader.errors.out)) return false;
    jpeg_create_decompress(&reader.info);
    jpeg_mem_src(&reader.info, file.data(), static_cast<unsigned long>(file.size()));
    jpeg_save_markers(&reader.info, JPEG_APP0 + 2, 0xffff);  // the colour profile
    return jpeg_read_header(&reader.info, TRUE) == JPEG_HEADER_OK;
}

bool begin(JpegReader& reader, unsigned by) {
    if (setjmp(reader.errors.out)) return false;
    jpeg_decompress_struct& info = reader.info;
    const bool has_inks = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
    info.out_color_space = has_inks ? JCS_CMYK : JCS_EXT_BGR;
    info.scale_num = 1;
    info.scale_denom = by;
    return jpeg_start_decompress(&info) != 0;
}

bool read_rows(JpegReader& reader, cv::Mat& into) {
    if (setjmp(reader.errors.out)) return false;
    while (reader.info.output_scanline < reader.info.output_height) {
        JSAMPROW row = into.ptr(int(reader.info.output_scanline) % into.rows);
        if (jpeg_read_scanlines(&reader.info, &row, 1) != 1) return false;
    }
    return true;
}

bool read_profile(JpegReader& reader, JOCTET*& bytes, unsigned& size) {
    if (setjmp(reader.errors.out)) return false;
    return jpeg_read_icc_profile(&reader.info, &bytes, &size) != 0;
}

Profile profile_of(JpegReader& reader) {
    JOCTET* bytes = nullptr;
    unsigned size = 0;
    if (!read_profile(reader, bytes, size)) return {};
    Profile profile(bytes, bytes + size);
    std::free(bytes);
    return profile;
}

}  // namespace

Decoded decode_jpeg(Bytes file, int side_min) {
    JpegReader reader;
    if (!open_jpeg(reader, file) || !begin(reader, reduction(reader.info, side_min)))
        throw Refused(damaged);
    const bool has_inks = reader.info.out_color_space == JCS_CMYK;
    Decoded out{.picture = {}, .profile = profile_of(reader)};
    out.picture.create(
        int(reader.info.output_height), int(reader.info.output_width), has_inks ? CV_8UC4 : CV_8UC3
    );
    if (!read_rows(reader, out.picture)) throw Refused(damaged);
    if (has_inks) {
        if (!reader.info.saw_Adobe_marker) out.picture = cv::Scalar::all(255) - out.picture;
        out.picture = from_cmyk(out.picture, out.profile);
        out.profile.clear();
    }
    return out;
}

bool is_whole_jpeg(Bytes file) {
    JpegReader reader;
    if (!open_jpeg(reader, file) || !begin(reader, 8)) return false;
    cv::Mat row(1, int(reader.info.output_width), CV_8UC4);
    return read_rows(reader, row) && !reader.errors.lacks_data;
}

}  // namespace zoetrope::engine
