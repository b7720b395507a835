// A request without a connection, out of an input: the method in one byte, then a line for each
// header.
#pragma once

#include <boost/beast/http/field.hpp>

#include "platform/http/browser_rules.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace zoetrope::fuzz {

inline http::Request request_of(std::string_view rest) {
    constexpr http::Method methods[] = {
        http::Method::get, http::Method::post, http::Method::delete_, http::Method::options
    };
    http::Request request;
    request.method = methods[take_choice(rest, 4)];
    request.request_id = "fuzz";
    while (!rest.empty()) {
        const std::string_view line = take_line(rest);
        const std::size_t colon = line.find(':');
        if (colon == line.npos || colon == 0) continue;
        const std::string_view name = line.substr(0, colon);
        request.headers.push_back(
            {boost::beast::http::string_to_field({name.data(), name.size()}),
             name,
             http::trim(line.substr(colon + 1))}
        );
    }
    return request;
}

}  // namespace zoetrope::fuzz
