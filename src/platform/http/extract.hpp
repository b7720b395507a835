// Handler parameters: each type knows how to take itself from a request, and how to describe itself
// in OpenAPI.
//   Path<T>       the next captured segment of the pattern
//   Query<T>      a described struct; each member is one query parameter
//   Body<T>       a JSON body, read whole (limit: the route's body_bytes_max)
//   Upload        the body as a stream
//   IdempotencyKey, IfMatch, Caller, Admin, const Request&
#pragma once

#include <algorithm>
#include <string>

#include "platform/base/json/read.hpp"
#include "platform/base/text.hpp"
#include "platform/http/caller.hpp"
#include "platform/http/request.hpp"

namespace zoetrope::http {

template <class T>
struct Path {
    T value;
};
template <class T>
struct Query {
    T value;
};
template <class T>
struct Body {
    T value;
};
struct Upload {
    BodySource* source;
    std::string_view content_type;
    std::optional<std::uint64_t> bytes;  // Content-Length, when the client said it
};
struct IdempotencyKey {
    std::string value;  // empty: none was sent
};

struct IfMatch {
    std::optional<std::int64_t> version;  // the row's version must be this one; empty: any
};

struct Extraction {
    const Request& request;
    const Caller& caller;  // of routes that ask for one; already admitted
    std::size_t next_param = 0;
};

namespace detail {

// Text of a query parameter or path segment to a member; the error says what is accepted.
template <class T>
void read_text(const std::string& text, T& to, const json::Path& at, json::Problems& problems) {
    if constexpr (json::Optional<T>) {
        read_text(text, to.emplace(), at, problems);
    } else if constexpr (std::is_same_v<T, std::string> || json::DescribedEnum<T> ||
                         json::TextId<T> || std::is_same_v<T, Instant>) {
        json::read_value(boost::json::value(boost::json::string_view(text)), to, at, problems);
    } else if constexpr (std::is_same_v<T, bool>) {
        to = text == "true" || text == "1";
        if (!to && text != "false" && text != "0") problems.add(at, "must be true or false");
    } else {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || end != text.data() + text.size()) {
            return problems.add(at, "must be a whole number");
        }
        json::read_value(boost::json::value(number), to, at, problems);
    }
}

template <class T>
Result<T> read_query(std::string_view query) {
    TRY(const auto items, parse_query(query));
    T out{};
    json::Problems problems;
    for (const auto& [name, text] : items) {
        bool known = false;
        boost::mp11::mp_for_each<json::Members<T>>([&](auto member) {
            if (name != member.name) return;
            known = true;
            read_text(text, out.*member.pointer, json::Path{.key = member.name}, problems);
        });
        if (!known) problems.add(json::Path{.key = name}, "is not a known query parameter");
    }
    if (!problems.empty()) return std::unexpected(std::move(problems).take());
    return out;
}

}  // namespace detail

template <class T>
struct Extract;

template <>
struct Extract<Caller> {
    static Result<Caller> from(Extraction& at) { return at.caller; }
};

template <>
struct Extract<Admin> {
    static Result<Admin> from(Extraction& at) { return Admin{at.caller}; }
};

template <>
struct Extract<const Request&> {
    static Result<std::reference_wrapper<const Request>> from(Extraction& at) {
        return std::cref(at.request);
    }
};

template <class T>
struct Extract<Path<T>> {
    static Result<Path<T>> from(Extraction& at) {
        const std::string_view raw = at.request.params[at.next_param++];
        const auto text = percent_decode(raw);
        Path<T> out{};
        json::Problems problems;
        if (text) detail::read_text(*text, out.value, json::Path{}, problems);
        // A path that cannot name anything names nothing.
        if (!text || !is_utf8(*text) || !problems.empty())
            return not_found("There is nothing at this address.");
        return out;
    }
};

template <class T>
struct Extract<Query<T>> {
    static Result<Query<T>> from(Extraction& at) {
        TRY(T value, detail::read_query<T>(at.request.query));
        return Query<T>{std::move(value)};
    }
};

bool is_json(std::string_view content_type);

template <class T>
struct Extract<Body<T>> {
    static Result<Body<T>> from(Extraction& at) {
        if (!is_json(at.request.header(Field::content_type))) {
            return failure(Code::unsupported, "Send JSON, with Content-Type: application/json.");
        }
        TRY(T value, json::read<T>(at.request.body));
        return Body<T>{std::move(value)};
    }
};

template <>
struct Extract<Upload> {
    static Result<Upload> from(Extraction& at) {
        return Upload{
            at.request.stream, at.request.header(Field::content_type), at.request.content_length
        };
    }
};

// `"7"` or `*`; a list or a tag that is no version matches nothing.
template <>
struct Extract<IfMatch> {
    static Result<IfMatch> from(Extraction& at) {
        const std::string_view tag = at.request.header(Field::if_match);
        if (tag.empty() || tag == "*") return IfMatch{};
        if (tag.size() < 3 || tag.front() != '"' || tag.back() != '"') return IfMatch{-1};
        std::int64_t version = 0;
        const char* quote = tag.data() + tag.size() - 1;
        const auto read = std::from_chars(tag.data() + 1, quote, version);
        return IfMatch{read.ec == std::errc{} && read.ptr == quote ? version : -1};
    }
};

template <>
struct Extract<IdempotencyKey> {
    static constexpr std::size_t key_bytes_max = 255;  // as Stripe's API; ours is a database key
    static Result<IdempotencyKey> from(Extraction& at) {
        const std::string_view key = at.request.header("Idempotency-Key");
        if (key.size() > key_bytes_max)
            return invalid("Idempotency-Key", "must be at most 255 bytes");
        const auto is_visible = [](char c) { return c >= ' ' && c <= '~'; };
        if (!std::ranges::all_of(key, is_visible))
            return invalid("Idempotency-Key", "must be printable ASCII");
        return IdempotencyKey{std::string(key)};
    }
};

}  // namespace zoetrope::http
