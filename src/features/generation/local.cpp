#include "features/generation/local.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/describe/enum_from_string.hpp>
#include <limits>

#include "platform/base/stopwatch.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::generation {

namespace {

namespace ep = engine_protocol;

// Both models' inputs in one shape; each model's schema has already refused what is not its own.
struct LocalInputs {
    AssetId image;
    ep::Motion motion = ep::Motion::orbit;
    double duration_s = 4;
    std::string resolution = "720p";
    double size_mm = 100;
    ep::Back back = ep::Back::plain;
    int grid = 192;
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(LocalInputs, (), (image, motion, duration_s, resolution, size_mm, back, grid))

// What the cut-out left: a mask, or why there is none.
struct Cut {
    std::optional<blobs::Descriptor> mask{};
    std::string why_none{};  // the beginning of a sentence
};

struct Source {
    library::Asset asset;
    blobs::Descriptor picture;
    Cut cut;
    std::string stem;  // of the outputs' names
};

template <class E>
std::string word(E value) {
    return json::describe::enum_to_string(value, "");
}

constexpr const char* no_network = "The cut-out network is not installed";
constexpr double matte_share = 0.25;  // of a generation's time that the cut-out takes, roughly

template <class T>
Async<Result<T>> run_engine(Deps& deps, engine_host::Job job, const Course& course) {
    engine_host::Usage usage;
    job.usage = &usage;
    auto made = co_await deps.library.engine.run_as<T>(std::move(job), course.stop);
    course.usage->waited += usage.waited;
    course.usage->engine += usage.worked;
    co_return made;
}

// No descriptor when the network is not installed.
blobs::Descriptor open_weights(const Deps& deps) {
    if (deps.matte_weights.empty()) return blobs::Descriptor();
    blobs::Descriptor weights(::open(deps.matte_weights.c_str(), O_RDONLY | O_CLOEXEC));
    if (weights.get() < 0)
        telemetry::warn("the cut-out network {} cannot be opened", deps.matte_weights);
    return weights;
}

std::vector<int> inputs_of_matte(
    const blobs::Descriptor& picture, const blobs::Descriptor& weights
) {
    if (weights.get() < 0) return {picture.get()};
    return {picture.get(), weights.get()};
}

std::string why_none(const std::string& reason) {
    ep::Subject subject{};
    if (!json::describe::enum_from_string(reason.c_str(), subject))
        return "No clear subject was found";
    switch (subject) {
        case ep::Subject::too_large:
            return "The subject fills nearly all of the picture";
        case ep::Subject::uncertain:
            return "It is not certain where the subject ends";
        case ep::Subject::cut_off:
            return "The subject runs along the picture's border";
        case ep::Subject::fragments:
            return "The subject falls apart into pieces";
        case ep::Subject::too_thin:
            return "The subject is too thin";
        case ep::Subject::clear:
        case ep::Subject::none:
            break;
    }
    return "No clear subject was found";
}

// The cut-out of a picture, made once per picture.
Async<Result<Cut>> cut_out(
    Deps& deps, const library::Asset& asset, const blobs::Descriptor& picture, const Course& course
) {
    // One at a time: it needs most memory, and two may want the same.
    if (!deps.mattes.free()) course.on_progress(0, engine_host::waiting_stage);
    const Stopwatch waiting;
    const Turn turn = co_await deps.mattes.take(course.standing.rank, course.stop);
    course.usage->waited += waiting.elapsed();
    if (!turn) co_return failure(Code::cancelled, "It was cancelled.");
    auto known = co_await find_matte(deps.library.db, asset.digest);
    if (!known) {
        const blobs::Descriptor weights = open_weights(deps);
        // Without it only a picture's own transparency tells, which a JPEG has not.
        if (weights.get() < 0 && asset.media_type == "image/jpeg")
            co_return Cut{.why_none = no_network};
        CO_TRY(blobs::Staged mask, co_await deps.library.blobs.stage());
        const auto used_before = course.usage->engine;
        CO_TRY(
            const ep::Matted matted,
            co_await run_engine<ep::Matted>(
                deps,
                {.operation = ep::Operation::matte,
                 // Others wait for what this makes, whose ranks may be lower.
                 .standing = {.rank = {std::numeric_limits<std::int64_t>::min(), 0}, .wear = 0},
                 .inputs = inputs_of_matte(picture, weights),
                 .outputs = {mask.fd()},
                 .memory_mb_max = 800,
                 .on_progress = course.on_progress},
                course
            )
        );
        course.usage->exclusive += course.usage->engine - used_before;
        CO_TRY(const blobs::Kept kept, co_await deps.library.blobs.keep(std::move(mask)));
        const bool accepted = matted.subject == ep::Subject::clear;
        known = Matte{accepted, accepted ? "" : word(matted.subject), kept.digest};
        // What the network would have found is looked for again once it is there.
        if (weights.get() < 0 && !accepted) co_return Cut{.why_none = no_network};
        co_await remember_matte(deps.library.db, asset.digest, *known);
    }
    if (!known->accepted) co_return Cut{.why_none = why_none(known->reason)};
    CO_TRY(blobs::Descriptor mask, co_await deps.library.blobs.open(known->mask_digest));
    co_return Cut{.mask = std::move(mask)};
}

Async<Result<std::vector<blobs::Staged>>> stage(Deps& deps, std::size_t count) {
    std::vector<blobs::Staged> out;
    while (out.size() < count) {
        CO_TRY(blobs::Staged staged, co_await deps.library.blobs.stage());
        out.push_back(std::move(staged));
    }
    co_return out;
}

engine_host::Job job_for(
    const Source& source, const std::vector<blobs::Staged>& files, const Course& course
) {
    engine_host::Job job{
        .standing = course.standing,
        .inputs = {source.picture.get()},
        .on_progress = course.on_progress
    };
    if (source.cut.mask) job.inputs.push_back(source.cut.mask->get());
    for (const blobs::Staged& file : files) job.outputs.push_back(file.fd());
    return job;
}

Async<Result<MadeAll>> make_video(
    Deps& deps, Source& source, const LocalInputs& inputs, const Course& course
) {
    CO_TRY(std::vector<blobs::Staged> files, co_await stage(deps, 3));
    engine_host::Job job = job_for(source, files, course);
    const int short_side = std::atoi(inputs.resolution.c_str());
    job.operation = ep::Operation::parallax;
    job.params = json::to_string(ep::ParallaxParams{inputs.motion, inputs.duration_s, short_side});
    job.cpu_s_max = 600;
    if (short_side > 720)
        job.memory_mb_max = 900;  // two encoders that look ahead; 600 is too little
    job.wall_max = std::chrono::minutes(30);
    CO_TRY(const auto made, co_await run_engine<ep::Rendered>(deps, std::move(job), course));
    const std::string stem = source.stem + "-" + word(inputs.motion);
    MadeAll all;
    const auto add =
        [&](Role role, library::Kind kind, std::string type, std::string name, blobs::Staged file) {
            all.outputs.push_back(
                {role,
                 kind,
                 std::move(type),
                 std::move(name),
                 made.width,
                 made.height,
                 std::nullopt,
                 std::move(file)}
            );
            if (kind == library::Kind::video) all.outputs.back().duration_ms = made.duration_ms;
        };
    add(Role::video, library::Kind::video, "video/mp4", stem + ".mp4", std::move(files[0]));
    add(Role::video_webm, library::Kind::video, "video/webm", stem + ".webm", std::move(files[1]));
    add(Role::poster, library::Kind::image, "image/jpeg", stem + ".jpg", std::move(files[2]));
    if (made.layers == 1 && inputs.motion != ep::Motion::ken_burns) {
        all.note = source.cut.why_none + ", so the photo moves as one sheet.";
    }
    co_return all;
}

Async<Result<MadeAll>> make_mesh(
    Deps& deps, Source& source, const LocalInputs& inputs, ep::Shape shape, const Course& course
) {
    CO_TRY(std::vector<blobs::Staged> files, co_await stage(deps, 3));
    engine_host::Job job = job_for(source, files, course);
    job.operation = ep::Operation::mesh;
    job.params = json::to_string(ep::MeshParams{shape, inputs.back, inputs.size_mm, inputs.grid});
    CO_TRY(const auto made, co_await run_engine<ep::Modelled>(deps, std::move(job), course));
    const std::string stem = source.stem + "-" + word(made.shape);
    MadeAll all;
    all.outputs.push_back(
        {Role::mesh,
         library::Kind::mesh,
         "model/gltf-binary",
         stem + ".glb",
         {},
         {},
         {},
         std::move(files[0])}
    );
    all.outputs.push_back(
        {Role::print,
         library::Kind::mesh,
         "model/stl",
         stem + ".stl",
         {},
         {},
         {},
         std::move(files[1])}
    );
    all.outputs.push_back(
        {Role::preview,
         library::Kind::image,
         "image/png",
         stem + ".png",
         made.preview_width,
         made.preview_height,
         {},
         std::move(files[2])}
    );
    if (shape == ep::Shape::choose) {
        all.note = made.shape == ep::Shape::inflate ? "A clear subject was found and inflated."
                   : source.cut.mask
                       ? "The subject is too thin to be inflated, so a relief plate was made."
                       : source.cut.why_none + ", so a relief plate was made.";
    }
    co_return all;
}

}  // namespace

Course Course::part(double from, double to) const {
    const auto on_part = [whole = on_progress, from, to](
                             double progress, const std::string& stage
                         ) { whole(from + (to - from) * progress, stage); };
    return {standing, on_part, stop, usage};
}

Async<Result<MadeAll>> make_locally(Deps& deps, const Job& job, Course course) {
    CO_TRY(const LocalInputs inputs, json::read<LocalInputs>(job.inputs.text));
    CO_TRY(
        library::Asset asset, co_await library::find(deps.library.db, job.owner_id, inputs.image)
    );
    CO_TRY(blobs::Descriptor picture, co_await deps.library.blobs.open(asset.digest));
    const bool video = job.model == "local/parallax";
    const bool needs_mask =
        job.model != "local/relief" && !(video && inputs.motion == ep::Motion::ken_burns);
    Cut cut;
    if (needs_mask) {
        CO_TRY(cut, co_await cut_out(deps, asset, picture, course.part(0, matte_share)));
    }
    const double begun = needs_mask ? matte_share : 0;
    const std::string stem = asset.name.substr(0, asset.name.rfind('.'));
    Source source{std::move(asset), std::move(picture), std::move(cut), stem};
    const Course rest = course.part(begun, 1);
    if (video) co_return co_await make_video(deps, source, inputs, rest);
    if (job.model == "local/inflate" && !source.cut.mask) {
        co_return invalid(
            "inputs.image",
            "shows no subject that can be inflated (" + source.cut.why_none +
                "); use local/relief or another photo"
        );
    }
    const ep::Shape shape = job.model == "local/inflate"  ? ep::Shape::inflate
                            : job.model == "local/relief" ? ep::Shape::relief
                                                          : ep::Shape::choose;
    co_return co_await make_mesh(deps, source, inputs, shape, rest);
}

}  // namespace zoetrope::generation
