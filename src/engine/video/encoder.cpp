#include "engine/video/encoder.hpp"

#include <unistd.h>

#include <stdexcept>
#include <string>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
}

namespace zoetrope::engine {

namespace {

constexpr int io_bytes = 256 * 1024;

void check(int code, const char* what) {
    if (code >= 0) return;
    char text[AV_ERROR_MAX_STRING_SIZE] = {};
    av_strerror(code, text, sizeof text);
    throw std::runtime_error(std::string(what) + ": " + text);
}

// A place in a file. Faststart moves the data by reading the file a second time, so there may be
// two of one descriptor.
struct Place {
    int fd;
    std::int64_t at = 0;
};

int read_at(void* opaque, std::uint8_t* to, int bytes) {
    auto& place = *static_cast<Place*>(opaque);
    const ssize_t got = pread(place.fd, to, std::size_t(bytes), place.at);
    if (got <= 0) return got == 0 ? AVERROR_EOF : AVERROR(errno);
    place.at += got;
    return int(got);
}

int write_at(void* opaque, std::uint8_t* from, int bytes) {
    auto& place = *static_cast<Place*>(opaque);
    for (int done = 0; done < bytes;) {
        const ssize_t wrote = pwrite(place.fd, from + done, std::size_t(bytes - done), place.at);
        if (wrote < 0) return AVERROR(errno);
        place.at += wrote;
        done += int(wrote);
    }
    return bytes;
}

std::int64_t seek(void* opaque, std::int64_t offset, int whence) {
    auto& place = *static_cast<Place*>(opaque);
    const std::int64_t end = lseek(place.fd, 0, SEEK_END);
    if (whence & AVSEEK_SIZE) return end;
    if (whence == SEEK_SET) place.at = offset;
    if (whence == SEEK_CUR) place.at += offset;
    if (whence == SEEK_END) place.at = end + offset;
    return place.at;
}

AVIOContext* open_place(int fd, bool writing) {
    auto* buffer = static_cast<unsigned char*>(av_malloc(io_bytes));
    return avio_alloc_context(
        buffer, io_bytes, writing, new Place{fd}, read_at, writing ? write_at : nullptr, seek
    );
}

void close_place(AVIOContext* io) {
    if (!io) return;
    delete static_cast<Place*>(io->opaque);
    av_freep(&io->buffer);
    avio_context_free(&io);
}

// The muxer opens "the file" by its name to read it back; it gets the same descriptor again.
int open_again(AVFormatContext* muxer, AVIOContext** io, const char*, int flags, AVDictionary**) {
    if (flags & AVIO_FLAG_WRITE) return AVERROR(EPERM);
    *io = open_place(static_cast<Place*>(muxer->pb->opaque)->fd, false);
    return 0;
}

int close_again(AVFormatContext*, AVIOContext* io) {
    close_place(io);
    return 0;
}

}  // namespace

struct Encoder::Impl {
    AVFormatContext* muxer = nullptr;
    AVCodecContext* codec = nullptr;
    AVStream* stream = nullptr;
    AVFrame* frame = av_frame_alloc();
    AVPacket* packet = av_packet_alloc();
    std::int64_t next = 0;

    ~Impl() {
        if (muxer) close_place(muxer->pb);
        avformat_free_context(muxer);
        avcodec_free_context(&codec);
        av_frame_free(&frame);
        av_packet_free(&packet);
    }

    void configure(Format format, int width, int height, int frames_per_s) {
        codec->width = width;
        codec->height = height;
        codec->pix_fmt = AV_PIX_FMT_YUV420P;
        codec->time_base = {1, frames_per_s};
        codec->framerate = {frames_per_s, 1};
        codec->gop_size = frames_per_s;  // a second: what a seek costs
        codec->color_range = AVCOL_RANGE_MPEG;
        codec->colorspace = AVCOL_SPC_BT709;
        codec->color_primaries = AVCOL_PRI_BT709;
        codec->color_trc = AVCOL_TRC_BT709;
        codec->thread_count = 1;  // a child has one core
        if (muxer->oformat->flags & AVFMT_GLOBALHEADER) codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
        AVDictionary* options = nullptr;
        if (format == Format::mp4) {
            av_dict_set(&options, "preset", "fast", 0);
            av_dict_set(&options, "crf", "20", 0);
            av_dict_set(&options, "profile", "high", 0);
        } else {
            av_dict_set(&options, "deadline", "good", 0);
            av_dict_set(&options, "cpu-used", "5", 0);
            av_dict_set(&options, "crf", "33", 0);
            av_dict_set(&options, "b", "0", 0);
            av_dict_set(&options, "lag-in-frames", "0", 0);
        }
        const int code = avcodec_open2(codec, nullptr, &options);
        av_dict_free(&options);
        check(code, "the video encoder cannot start");
    }

    void write_packets() {
        while (true) {
            const int code = avcodec_receive_packet(codec, packet);
            if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
            check(code, "a frame cannot be encoded");
            av_packet_rescale_ts(packet, codec->time_base, stream->time_base);
            packet->stream_index = stream->index;
            packet->duration = av_rescale_q(1, codec->time_base, stream->time_base);
            check(av_interleaved_write_frame(muxer, packet), "the video cannot be written");
        }
    }
};

Encoder::Encoder(Format format, int fd, int width, int height, int frames_per_s)
    : impl_(std::make_unique<Impl>()) {
    Impl& it = *impl_;
    const bool mp4 = format == Format::mp4;
    check(
        avformat_alloc_output_context2(&it.muxer, nullptr, mp4 ? "mp4" : "webm", nullptr),
        "the container cannot be made"
    );
    it.muxer->pb = open_place(fd, true);
    it.muxer->io_open = open_again;
    it.muxer->io_close2 = close_again;
    const AVCodec* kind = avcodec_find_encoder_by_name(mp4 ? "libx264" : "libvpx-vp9");
    if (!kind) throw std::runtime_error("the video encoder is not installed");
    it.codec = avcodec_alloc_context3(kind);
    it.configure(format, width, height, frames_per_s);
    it.stream = avformat_new_stream(it.muxer, nullptr);
    check(
        avcodec_parameters_from_context(it.stream->codecpar, it.codec),
        "the stream cannot be described"
    );
    it.stream->time_base = it.codec->time_base;
    it.stream->avg_frame_rate = it.codec->framerate;
    AVDictionary* options = nullptr;
    if (mp4) av_dict_set(&options, "movflags", "faststart", 0);
    const int code = avformat_write_header(it.muxer, &options);
    av_dict_free(&options);
    check(code, "the video cannot be begun");
}

Encoder::~Encoder() = default;

void Encoder::add(const Planes& planes) {
    Impl& it = *impl_;
    // The encoder copies what it keeps, so the planes are lent, not given.
    av_frame_unref(it.frame);
    it.frame->format = AV_PIX_FMT_YUV420P;
    it.frame->width = planes.y.cols;
    it.frame->height = planes.y.rows;
    const cv::Mat* all[] = {&planes.y, &planes.u, &planes.v};
    for (int i = 0; i < 3; ++i) {
        it.frame->data[i] = const_cast<std::uint8_t*>(all[i]->ptr());
        it.frame->linesize[i] = int(all[i]->step);
    }
    it.frame->pts = it.next++;
    check(avcodec_send_frame(it.codec, it.frame), "a frame cannot be encoded");
    it.write_packets();
}

void Encoder::finish() {
    Impl& it = *impl_;
    check(avcodec_send_frame(it.codec, nullptr), "the video cannot be ended");
    it.write_packets();
    check(av_write_trailer(it.muxer), "the video cannot be ended");
    avio_flush(it.muxer->pb);
}

}  // namespace zoetrope::engine
