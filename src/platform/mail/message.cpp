#include <algorithm>

#include "platform/base/ids.hpp"
#include "platform/crypto/keys.hpp"
#include "platform/mail/mail.hpp"

namespace zoetrope::mail {

namespace {

// Base64 in lines of 76 (RFC 2045 section 6.8): no line of ours can be taken for anything else.
std::string in_lines(std::string_view bytes) {
    const std::string all = crypto::to_base64(bytes);
    std::string out;
    for (std::size_t at = 0; at < all.size(); at += 76) out += all.substr(at, 76) + "\r\n";
    return out;
}

// RFC 2047: words that are not plain ASCII. Line ends never get into a header.
std::string header_text(const std::string& text) {
    const bool plain = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
    return plain ? text : "=?utf-8?B?" + crypto::to_base64(text) + "?=";
}

std::string address_of(const std::string& from) {
    const std::size_t open = from.find('<');
    const std::size_t close = from.find('>');
    if (open == from.npos || close == from.npos || close < open) return from;
    return from.substr(open + 1, close - open - 1);
}

std::string part(const char* type, std::string_view body, const std::string& boundary) {
    return "--" + boundary + "\r\nContent-Type: " + type +
           "; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + in_lines(body);
}

}  // namespace

std::string render(const Message& message, const std::string& from, Instant now) {
    const std::string id(Uuid::make_v7().view());
    const std::string address = address_of(from);
    const std::string domain = address.substr(std::min(address.find('@'), address.size()));
    const std::string boundary = "part-" + id;
    // RFC 5322 section 3.3 takes the zone as digits.
    std::string date = to_http_date(now);
    date.replace(date.size() - 3, 3, "+0000");
    std::string out = "Date: " + date + "\r\nFrom: " + header_text(from) + "\r\nTo: <" +
                      message.to + ">\r\nSubject: " + header_text(message.subject) +
                      "\r\nMessage-ID: <" + id + domain +
                      ">\r\nMIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n"
                      "Content-Type: multipart/alternative; boundary=\"" +
                      boundary + "\"\r\n\r\n";
    out += part("text/plain", message.text, boundary);
    out += part("text/html", message.html, boundary);
    return out + "--" + boundary + "--\r\n";
}

}  // namespace zoetrope::mail
