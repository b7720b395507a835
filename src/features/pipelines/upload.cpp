// The form of a batch: options, then files, each looked at and kept as it arrives.
#include "features/pipelines/batches.hpp"
#include "platform/base/json/read.hpp"
#include "platform/http/multipart.hpp"

namespace zoetrope::pipelines {

namespace {

constexpr std::string_view default_model = "local/image-to-3d";
constexpr std::size_t option_bytes_max = 64 * 1024;  // JSON of ours is far smaller

struct Form {
    generation::NewGeneration wanted{
        .model = std::string(default_model), .inputs = {"{}"}, .queue = {}
    };
    std::optional<generation::Recipe> recipe;  // once there is a file
    std::vector<Received> files;
    crypto::Digest digest;
};

Async<Result<std::string>> read_option(http::Multipart& form, const std::string& name) {
    std::string text;
    while (true) {
        CO_TRY(const std::string_view piece, co_await form.read_some());
        if (piece.empty()) co_return text;
        text += piece;
        if (text.size() > option_bytes_max) co_return invalid(name, "is too long");
    }
}

Async<Result<void>> take_option(Form& into, http::Multipart& form, const std::string& name) {
    CO_TRY(std::string text, co_await read_option(form, name));
    if (into.recipe) co_return invalid(name, "must come before the files");
    into.digest.add(name + "=" + text + "\n");
    if (name == "model") {
        into.wanted.model = std::move(text);
    } else if (name == "queue") {
        into.wanted.queue = std::move(text);
    } else if (name == "inputs") {
        auto inputs = json::read<json::Raw>(text);
        if (!inputs) co_return invalid(name, "must be JSON, such as {\"size_mm\": 60}");
        into.wanted.inputs = *std::move(inputs);
    } else {
        co_return invalid(name, "is not a field of a batch; they are: model, inputs, queue, files");
    }
    co_return Result<void>{};
}

Received refused(std::string_view name, std::string error) {
    return {
        .id = FileId::make(),
        .name = library::clean_name(name),
        .arrival = std::nullopt,
        .probed = {},
        .asset = std::nullopt,
        .error = std::move(error)
    };
}

// Reads the file to its end, whatever is wrong with it: the others come behind it.
Async<Result<Received>> take_file(
    library::Deps& library, UserId owner, Form& into, http::Multipart& form, const http::Part& part
) {
    into.digest.add("file=" + part.file_name + "\n");
    CO_TRY(library::Arrival arrival, co_await library::begin(library, owner));
    std::uint64_t bytes = 0;
    while (true) {
        CO_TRY(const std::string_view piece, co_await form.read_some());
        if (piece.empty()) break;
        into.digest.add(piece);
        bytes += piece.size();
        if (bytes <= library::upload_bytes_max)
            CO_CHECK(co_await library::append(library, arrival, piece));
    }
    if (bytes > library::upload_bytes_max)
        co_return refused(part.file_name, "The file is larger than 200 MB.");
    auto probed = co_await library::look_at(library, arrival.file);
    if (!probed && probed.error().code == Code::unsupported)
        co_return refused(part.file_name, probed.error().message);
    if (!probed) co_return std::unexpected(std::move(probed).error());
    arrival.file.rest();  // there may be hundreds
    co_return Received{
        .id = FileId::make(),
        .name = library::clean_name(part.file_name),
        .arrival = std::move(arrival),
        .probed = *std::move(probed),
        .asset = std::nullopt,
        .error = std::nullopt
    };
}

Async<Result<void>> read_parts(Deps& deps, UserId owner, Form& into, http::Multipart& form) {
    while (true) {
        CO_TRY(const std::optional<http::Part> part, co_await form.next());
        if (!part) break;
        if (part->name != "files") {
            CO_CHECK(co_await take_option(into, form, part->name));
            continue;
        }
        if (!into.recipe) {
            CO_TRY(into.recipe, co_await generation::recipe_of(deps.generation, into.wanted));
        }
        if (std::ssize(into.files) == deps.limits.files_max) {
            co_return invalid(
                "files",
                "are more than " + std::to_string(deps.limits.files_max) +
                    "; send the others as another batch"
            );
        }
        CO_TRY(
            Received file, co_await take_file(deps.generation.library, owner, into, form, *part)
        );
        into.files.push_back(std::move(file));
    }
    if (into.files.empty())
        co_return invalid("files", "is required: send the pictures as the multipart field `files`");
    co_return Result<void>{};
}

}  // namespace

Async<Result<Started>> receive(
    Deps& deps, queue::Share share, http::Upload& upload, std::string idempotency_key
) {
    CO_CHECK(co_await library::check_length(deps.generation.library, share.owner, upload.bytes));
    CO_TRY(http::Multipart form, http::Multipart::open(*upload.source, upload.content_type));
    Form into;
    CO_CHECK(co_await read_parts(deps, share.owner, into, form));
    const idempotency::Key key{
        share.owner, "POST /api/v1/upload/batch", std::move(idempotency_key), into.digest.finish()
    };
    co_return co_await start(deps, share, *into.recipe, std::move(into.files), key);
}

}  // namespace zoetrope::pipelines
