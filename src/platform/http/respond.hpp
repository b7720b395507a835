// What a handler may return, and how it becomes a Response: a described struct, a list, the
// wrappers of response.hpp, a Result of any of them, or a Response.
#pragma once

#include "platform/base/json/schema.hpp"
#include "platform/base/json/write.hpp"
#include "platform/http/request.hpp"
#include "platform/http/response.hpp"

namespace zoetrope::http {

template <class T>
inline constexpr bool is_async = false;
template <class T>
inline constexpr bool is_async<Async<T>> = true;

namespace detail {

template <class T>
struct SettledOf {
    using type = T;
};
template <class T>
struct SettledOf<Async<T>> : SettledOf<T> {};
template <class T>
struct SettledOf<Result<T>> : SettledOf<T> {};
template <class T>
using Settled = typename SettledOf<T>::type;  // what is left when waiting and errors are taken away

// `</api/v1/things?limit=10&cursor=abc>; rel="next"` for the request's own address
std::string next_link(const Request& request, std::string_view cursor);

inline constexpr std::size_t kept_bytes_max = 64 * 1024;  // of what is written into
inline std::string& written_into() {
    thread_local std::string text;
    return text;
}

inline std::string version_tag(std::int64_t version) { return '"' + std::to_string(version) + '"'; }

template <class T>
Response json_response(int status, const T& value) {
    // One allocation, of the right size: a string that grows with what is written has ten.
    std::string& text = written_into();
    text.clear();
    json::write(text, value);
    Response response{.status = status, .content_type = json_type, .body = text};
    if (text.capacity() > kept_bytes_max) std::string().swap(text);
    return response;
}

}  // namespace detail

template <class T>
Response respond(T&& answer, const Request& request) {
    using U = std::remove_cvref_t<T>;
    if constexpr (std::is_same_v<U, Response>) {
        return std::forward<T>(answer);
    } else if constexpr (json::is_a<U, Result>) {
        if (!answer) return problem(answer.error(), request.request_id);
        return respond(*std::forward<T>(answer), request);
    } else if constexpr (std::is_same_v<U, NoContent>) {
        return Response{.status = 204};
    } else if constexpr (json::is_a<U, Created> || json::is_a<U, Accepted>) {
        Response response = detail::json_response(json::is_a<U, Created> ? 201 : 202, answer.value);
        if (!answer.location.empty()) response.set("Location", answer.location);
        return response;
    } else if constexpr (json::is_a<U, Tagged>) {
        std::int64_t version = 0;
        if constexpr (requires { answer.value.version; }) {
            version = answer.value.version;
        } else {
            version = answer.value.value.version;  // of what was created
        }
        Response response = respond(std::forward<T>(answer).value, request);
        response.set("ETag", detail::version_tag(version));
        return response;
    } else if constexpr (json::is_a<U, WithHeaders>) {
        const std::string headers = answer.headers;
        Response response = respond(std::forward<T>(answer).value, request);
        response.headers += headers;
        return response;
    } else if constexpr (json::is_a<U, Page>) {
        Response response = detail::json_response(200, answer.items);
        if (answer.next_cursor)
            response.set("Link", detail::next_link(request, *answer.next_cursor));
        return response;
    } else {
        return detail::json_response(200, answer);
    }
}

namespace detail {

template <class T>
void describe_answer(int& status, std::string& schema, json::Schemas& schemas) {
    if constexpr (std::is_same_v<T, Response>) {
        schema.clear();  // bytes, a stream, or a page: the summary says which
    } else if constexpr (std::is_same_v<T, NoContent>) {
        status = 204;
    } else if constexpr (json::is_a<T, Created> || json::is_a<T, Accepted>) {
        status = json::is_a<T, Created> ? 201 : 202;
        schema = schemas.of<decltype(T::value)>();
    } else if constexpr (json::is_a<T, Tagged> || json::is_a<T, WithHeaders>) {
        describe_answer<decltype(T::value)>(status, schema, schemas);
    } else if constexpr (json::is_a<T, Page>) {
        schema = schemas.of<decltype(T::items)>();
    } else {
        schema = schemas.of<T>();
    }
}

}  // namespace detail

}  // namespace zoetrope::http
