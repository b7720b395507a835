#include "features/library/content.hpp"

#include "platform/http/range.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::library {

namespace {

// Reads ahead nothing and holds one piece: a slow client costs a quarter of a megabyte.
Async<void> send(
    blobs::Blobs& blobs,
    std::shared_ptr<blobs::Descriptor> file,
    http::ByteRange range,
    http::BodyWriter& out
) {
    while (range.bytes > 0) {
        auto piece = co_await blobs.read(
            file->get(), range.first, std::min<std::uint64_t>(piece_bytes, range.bytes)
        );
        if (!piece || piece->empty() || !co_await out.write(*piece)) co_return;
        range.first += piece->size();
        range.bytes -= piece->size();
    }
}

std::string disposition(const std::string& name) {
    std::string plain;  // for clients that do not know filename*
    for (const char c : name) plain += c >= 0x20 && c < 0x7f && c != '"' && c != '\\' ? c : '_';
    return "attachment; filename=\"" + plain + "\"; filename*=UTF-8''" + http::percent_encode(name);
}

}  // namespace

Async<Result<http::Response>> serve_content(
    blobs::Blobs& blobs, const Asset& asset, bool download, const http::Request& request
) {
    http::Response response;
    const std::string etag = "\"" + asset.digest + "\"";
    response.set("ETag", etag)
        .set("Accept-Ranges", "bytes")
        .set("Cache-Control", "private, max-age=31536000, immutable");
    // Bytes from outside are shown, never run.
    response.set("Content-Security-Policy", "default-src 'none'; sandbox");
    if (http::matches_etag(request.header(http::Field::if_none_match), etag)) {
        response.status = 304;
        co_return response;
    }
    response.set("Content-Type", asset.media_type);
    if (download) response.set("Content-Disposition", disposition(asset.name));
    const auto size = std::uint64_t(asset.bytes);
    http::ByteRange range{0, size};
    const std::string_view condition = request.header(http::Field::if_range);
    if (condition.empty() || condition == etag) {
        CO_TRY(const auto wanted, http::parse_range(request.header(http::Field::range), size));
        if (wanted) {
            range = *wanted;
            response.status = 206;
            response.set("Content-Range", http::content_range(range, size));
        }
    }
    CO_TRY(blobs::Descriptor opened, co_await blobs.open(asset.digest));
    response.stream_bytes = range.bytes;
    response.stream = [&blobs,
                       range,
                       file = std::make_shared<blobs::Descriptor>(std::move(opened)
                       )](http::BodyWriter& out) { return send(blobs, file, range, out); };
    co_return response;
}

Async<void> write_bytes(Deps& deps, const Asset& asset, std::string name, archive::Zip& zip) {
    const auto file = co_await deps.blobs.open(asset.digest);
    if (!file) {
        telemetry::warn("the bytes of asset {} are missing in a zip", asset.id.view());
        co_return;
    }
    co_await zip.begin(std::move(name), asset.created_at, archive::Zip::Packing::stored);
    for (std::uint64_t at = 0;;) {
        const auto piece = co_await deps.blobs.read(file->get(), at, piece_bytes);
        if (!piece || piece->empty()) co_return;
        co_await zip.write(*piece);
        at += piece->size();
    }
}

}  // namespace zoetrope::library
