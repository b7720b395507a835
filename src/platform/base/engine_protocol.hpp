// What the server and zoetrope-engine say to each other, over SOCK_SEQPACKET sockets, one JSON
// object a packet.
//
//   server -> zygote   Order, with descriptors: the task's own channel, its inputs, its outputs
//   child  -> server   Report..., on that channel; the last one is done or failed; then the channel
//   closes
//
// A channel that closes without a last report means that the child died. Both sides read what comes
// with the functions below: a picture may have taken its child over, and a child's words reach
// users and the log.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/base/json/traits.hpp"
#include "platform/base/result.hpp"

namespace zoetrope::engine_protocol {

inline constexpr int control_fd = 3;  // the zygote's end, as it is started
inline constexpr std::size_t packet_bytes_max =
    64 * 1024;  // far above any order; below the socket's own limit
inline constexpr std::size_t descriptors_max = 8;
inline constexpr std::size_t text_bytes_max = 1000;  // of a report: some sentences

// kill: end the child of that task; the others name what to do.
BOOST_DEFINE_ENUM_CLASS(Operation, kill, probe, matte, parallax, mesh)

struct Order {
    std::int64_t task = 0;
    Operation operation{};
    int inputs = 0;   // descriptors that follow the channel
    int outputs = 0;  // descriptors that follow the inputs
    json::Raw params{"{}"};
    int cpu_s_max = 60;
    int memory_mb_max = 400;  // above what the zygote has already mapped
};
BOOST_DESCRIBE_STRUCT(
    Order, (), (task, operation, inputs, outputs, params, cpu_s_max, memory_mb_max)
)

// progress: still at work. done: `result` is the operation's. refused: the input's fault, a
// sentence for its owner. failed: ours.
BOOST_DEFINE_ENUM_CLASS(ReportKind, progress, done, refused, failed)

struct Report {
    ReportKind kind{};
    double progress = 0;  // 0..1
    std::string text;     // the stage, or what is wrong
    json::Raw result{"null"};
};
BOOST_DESCRIBE_STRUCT(Report, (), (kind, progress, text, result))

// Errors: malformed (not one JSON object of this form), invalid (a number that no order can have:
// more descriptors than fit, no time, no memory).
Result<Order> read_order(std::string_view packet);
// Errors: malformed; invalid (progress outside 0..1, a text that is too long).
Result<Report> read_report(std::string_view packet);

// probe: one input. The size is as shown, after EXIF orientation.
struct Probed {
    std::string media_type;  // image/jpeg, image/png, image/webp, image/bmp, image/tiff
    int width = 0;
    int height = 0;
};
BOOST_DESCRIBE_STRUCT(Probed, (), (media_type, width, height))

// What a mask shows: a clear subject, or why it is none.
BOOST_DEFINE_ENUM_CLASS(Subject, clear, none, too_large, uncertain, cut_off, fragments, too_thin)

// matte: the image and, if it is installed, the network's weights in; an 8-bit PNG mask out.
struct Matted {
    Subject subject = Subject::none;  // all but clear: treat the photo as having none
    double coverage = 0;              // share of the picture that is subject
    double certainty = 0;             // share of the touched pixels that are surely subject
};
BOOST_DESCRIBE_STRUCT(Matted, (), (subject, coverage, certainty))

BOOST_DEFINE_ENUM_CLASS(Motion, orbit, push, pan, ken_burns)

// parallax: the image, and a mask when there is one, in; MP4, WebM and a JPEG poster out.
struct ParallaxParams {
    Motion motion = Motion::orbit;
    double duration_s = 4;
    int short_side = 720;  // pixels
};
BOOST_DESCRIBE_STRUCT(ParallaxParams, (), (motion, duration_s, short_side))

struct Rendered {
    int width = 0;
    int height = 0;
    int frames = 0;
    int duration_ms = 0;
    int layers = 1;         // 2: subject and background move apart
    double separation = 0;  // how far they do at the extremes, in widths
};
BOOST_DESCRIBE_STRUCT(Rendered, (), (width, height, frames, duration_ms, layers, separation))

BOOST_DEFINE_ENUM_CLASS(Shape, choose, inflate, relief)
BOOST_DEFINE_ENUM_CLASS(Back, plain, mirror)

// mesh: the image, and a mask when there is one, in; GLB, STL and a PNG preview out.
struct MeshParams {
    Shape shape = Shape::choose;  // choose: inflate when there is a mask
    Back back = Back::plain;
    double size_mm = 100;  // of the longest side
    int grid = 192;        // cells along it
};
BOOST_DESCRIBE_STRUCT(MeshParams, (), (shape, back, size_mm, grid))

struct Modelled {
    Shape shape{};
    int triangles = 0;
    int preview_width = 0;
    int preview_height = 0;
};
BOOST_DESCRIBE_STRUCT(Modelled, (), (shape, triangles, preview_width, preview_height))

}  // namespace zoetrope::engine_protocol
