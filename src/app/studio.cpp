#include "app/studio.hpp"

#include <utility>

#include "platform/base/embedded.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/http/gzip.hpp"
#include "platform/http/range.hpp"

namespace zoetrope::app {

namespace {

constexpr std::string_view page = "index.html";
constexpr std::string_view docs_page = "docs.html";  // at /docs

// Strict on purpose: nothing inline, nothing from another host.
constexpr std::string_view policy_of_page =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; "
    "connect-src 'self' blob:; font-src 'self'; worker-src 'self' blob:; manifest-src 'self'; "
    "base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'";

// The page of the API is a library's, which styles its elements inline. It shows nothing that users
// wrote.
constexpr std::string_view policy_of_docs =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' "
    "data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors "
    "'none'";

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
    const bool is_docs = request.path == "/docs";
    auto found = files_.find(is_docs ? docs_page : request.path.substr(1));
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
    if (file.content_type.starts_with("text/html")) {
        response.set(
            "Content-Security-Policy", found->first == page ? policy_of_page : policy_of_docs
        );
        response.set("Referrer-Policy", "same-origin");
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
