// What a worker made, as it uploads it: a part for each output, named by its role.
#include <algorithm>

#include "features/workers/tasks.hpp"
#include "platform/http/multipart.hpp"

namespace zoetrope::workers {

namespace {

using generation::Role;
using library::Kind;

struct Form {
    Kind kind{};
    std::string_view media_type;  // empty: of a picture, as the engine finds it
};

Form form_of(Role role) {
    switch (role) {
        case Role::video:
            return {Kind::video, "video/mp4"};
        case Role::video_webm:
            return {Kind::video, "video/webm"};
        case Role::mesh:
            return {Kind::mesh, "model/gltf-binary"};
        case Role::print:
            return {Kind::mesh, "model/stl"};
        case Role::poster:
        case Role::preview:
        case Role::picture:
            break;
    }
    return {Kind::image, ""};
}

// Nothing of the name that the worker sends: `picture.jpg`, `mesh.glb`.
std::string name_of(Role role, std::string_view media_type) {
    static constexpr std::pair<std::string_view, std::string_view> endings[] = {
        {"video/mp4", ".mp4"},
        {"video/webm", ".webm"},
        {"model/gltf-binary", ".glb"},
        {"model/stl", ".stl"},
        {"image/jpeg", ".jpg"},
        {"image/png", ".png"},
        {"image/webp", ".webp"},
        {"image/bmp", ".bmp"},
        {"image/tiff", ".tiff"},
    };
    std::string name =
        json::describe::enum_to_string(role == Role::video_webm ? Role::video : role, "");
    for (const auto& [type, ending] : endings) {
        if (type == media_type) name += ending;
    }
    return name;
}

std::optional<Role> role_of(std::string_view word) {
    Role role{};
    return json::enum_from_text(word, role) ? std::optional(role) : std::nullopt;
}

Async<Result<generation::Made>> take(
    library::Deps& library, http::Multipart& form, const http::Part& part
) {
    const auto role = role_of(part.name);
    if (!role) {
        co_return invalid(
            is_label(part.name) ? part.name : "outputs",
            "is no output; they are: video, video_webm, poster, mesh, print, preview, picture"
        );
    }
    CO_TRY(blobs::Staged staged, co_await library.blobs.stage());
    while (true) {
        CO_TRY(const std::string_view piece, co_await form.read_some());
        if (piece.empty()) break;
        CO_CHECK(co_await library.blobs.append(staged, piece));
    }
    const Form expected = form_of(*role);
    generation::Made made{
        .role = *role,
        .kind = expected.kind,
        .media_type = std::string(expected.media_type),
        .name = {},
        .width = {},
        .height = {},
        .duration_ms = {},
        .file = std::move(staged)
    };
    if (expected.kind == Kind::image) {
        auto seen = co_await library::look_at(library, made.file);
        if (!seen && seen.error().code == Code::unsupported)
            co_return invalid(part.name, "must be a picture that can be used");
        if (!seen) co_return std::unexpected(std::move(seen).error());
        made.media_type = seen->media_type;
        made.width = seen->width;
        made.height = seen->height;
    }
    made.name = name_of(made.role, made.media_type);
    co_return made;
}

}  // namespace

Async<Result<void>> complete(Deps& deps, const Held& held, http::Upload& upload) {
    const std::uint64_t length =
        std::min<std::uint64_t>(upload.bytes.value_or(0), output_bytes_max);
    CO_CHECK(co_await deps.generation.library.blobs.check_room(std::int64_t(length)));
    generation::MadeAll all;
    CO_TRY(http::Multipart form, http::Multipart::open(*upload.source, upload.content_type));
    while (true) {
        CO_TRY(const std::optional<http::Part> part, co_await form.next());
        if (!part) break;
        const auto is_it = [&](const generation::Made& made) {
            return made.role == role_of(part->name);
        };
        if (std::ranges::any_of(all.outputs, is_it))
            co_return invalid(part->name, "is there twice");
        CO_TRY(generation::Made made, co_await take(deps.generation.library, form, *part));
        all.outputs.push_back(std::move(made));
    }
    if (all.outputs.empty())
        co_return invalid(
            "outputs", "are missing: send each as a multipart field, as mesh=@cup.glb"
        );
    CO_TRY(
        const bool ours,
        co_await generation::succeed(deps.generation, held.task, held.job, std::move(all))
    );
    const Instant now = deps.generation.library.clock.now();
    const auto state = ours ? queue::TaskState::completed : queue::TaskState::cancelled;
    co_await queue::end(deps.generation.library.db, held.task, state, std::nullopt, now);
    if (!ours) co_return conflict("It was cancelled meanwhile; drop what was made.");
    co_return Result<void>{};
}

}  // namespace zoetrope::workers
