// Cookies: what is found stands in the header under that name, and is found again when it is
// written alone; a cookie speaks for an unsafe request only when the browser says that it comes
// from us. Input: a method, then lines `Name: value`.
#include "features/accounts/authenticator.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/request.hpp"

namespace zoetrope {
namespace {

std::string_view found(std::string_view header, std::string_view name) {
    http::Request request;
    request.headers = {{http::Field::cookie, "Cookie", header}};
    return accounts::cookie(request, name);
}

}  // namespace
}  // namespace zoetrope

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace zoetrope;
    using fuzz::must;
    const http::Request request = fuzz::request_of(fuzz::as_text(bytes, size));
    const std::string_view header = request.header(http::Field::cookie);
    for (const std::string_view name : {accounts::access_cookie, accounts::refresh_cookie}) {
        const std::string_view value = accounts::cookie(request, name);
        if (value.empty()) continue;
        const std::string pair = std::string(name) + "=" + std::string(value);
        must(header.contains(pair) && !value.contains(';'));
        must(found(pair, name) == value);
        must(found("a=b; " + pair + "; " + std::string(name) + "=other", name) == value);
        must(found("x" + pair, name).empty());
    }
    if (!accounts::cookie_counts(request) || http::is_safe(request.method)) return 0;
    const std::string_view site = request.header("Sec-Fetch-Site");
    const std::string_view origin = request.header(http::Field::origin);
    must(
        site == "same-origin" || site == "none" ||
        (site.empty() && origin.size() > request.header(http::Field::host).size())
    );
    return 0;
}
