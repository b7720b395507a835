#include "app/studio.hpp"

#include <utility>

#include "platform/base/embedded.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/http/gzip.hpp"
#include "platform/http/range.hpp"

namespace zoetrope::app {

namespace {

constexpr std::string_view page = "index.html";

// Strict on purpose: nothing inline, nothing from another host.
constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; "
    "connect-src 'self' blob:; font-src 'self'; worker-src 'self' blob:; manifest-src 'self'; "
    "base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'";

std::string_view content_type_of(std::string_view path) {
    static constexpr std::pair<std::string_view, std::string_view> types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".webmanifest", "application/manifest+json"},
    };
    for (const auto& [ending, type] : types) {
        if (path.ends_with(ending)) return type;
    }
    return "application/octet-stream";
}

}  // namespace

Studio::Studio() {
    for (const auto& [path, bytes] : embedded::studio()) {
        if (path.ends_with(".gz")) {
            files_[path.substr(0, path.size() - 3)].gzipped = bytes;
            continue;
        }
        File& file = files_[path];
        file.bytes = bytes;
        file.content_type = content_type_of(path);
        file.etag = "\"" + crypto::digest(bytes).substr(0, 32) + "\"";
        file.hashed_name = path.starts_with("static/");
    }
}

http::Response Studio::answer(const http::Request& request) const {
    if (request.method != http::Method::get && request.method != http::Method::head) {
        http::Response refused =
            http::problem(405, "This address accepts GET, HEAD.", request.request_id);
        refused.set("Allow", "GET, HEAD");
        return refused;
    }
    auto found = files_.find(request.path.substr(1));
    const bool looks_like_file =
        request.path.substr(request.path.rfind('/')).find('.') != std::string_view::npos;
    if (found == files_.end() && !looks_like_file) found = files_.find(page);
    if (found == files_.end()) {
        return http::problem(
            {.code = Code::not_found, .message = "There is nothing at this address."},
            request.request_id
        );
    }
    const File& file = found->second;
    http::Response response{.content_type = file.content_type};
    response.set("ETag", file.etag).set("Vary", "Accept-Encoding");
    response.set(
        "Cache-Control", file.hashed_name ? "public, max-age=31536000, immutable" : "no-cache"
    );
    if (found->first == page) {
        response.set("Content-Security-Policy", policy).set("Referrer-Policy", "same-origin");
        response.set("Cross-Origin-Opener-Policy", "same-origin");
    }
    if (http::matches_etag(request.header(http::Field::if_none_match), file.etag)) {
        response.status = 304;
        return response;
    }
    response.static_body = file.bytes;
    if (!file.gzipped.empty() && http::accepts_gzip(request.header(http::Field::accept_encoding))) {
        response.static_body = file.gzipped;
        response.set("Content-Encoding", "gzip");
    }
    return response;
}

}  // namespace zoetrope::app
