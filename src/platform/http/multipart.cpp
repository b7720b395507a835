#include "platform/http/multipart.hpp"

#include <algorithm>

#include "platform/base/text.hpp"

namespace zoetrope::http {

namespace {

// Takes a quoted-string off the front, its backslash escapes undone.
std::string take_quoted(std::string_view& rest) {
    std::string value;
    std::size_t i = 1;
    for (; i < rest.size() && rest[i] != '"'; ++i) {
        if (rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\'))
            ++i;
        value += rest[i];
    }
    rest.remove_prefix(std::min(rest.size(), i + 1));
    return value;
}

// `name="value"` or `name=value` out of a header's parameters, the first of that name. What stands
// in quotes is never taken for a parameter.
std::optional<std::string> parameter(std::string_view header, std::string_view name) {
    std::string_view rest = header;
    while (true) {
        const std::size_t semicolon = rest.find(';');
        if (semicolon == rest.npos) return std::nullopt;
        rest = trim(rest.substr(semicolon + 1));
        const std::size_t end = std::min(rest.find_first_of("=;"), rest.size());
        const bool wanted = equal_ignoring_case(trim(rest.substr(0, end)), name);
        rest.remove_prefix(end);
        if (!rest.starts_with('=')) continue;
        rest = trim(rest.substr(1));
        std::string value = rest.starts_with('"')
                                ? take_quoted(rest)
                                : std::string(trim(rest.substr(0, rest.find(';'))));
        if (wanted) return value;
    }
}

// The value of `name*`: charset, language and percent-encoded text (RFC 8187).
std::optional<std::string> extended(std::string_view value) {
    const std::size_t charset = value.find('\'');
    const std::size_t language = value.find('\'', std::min(charset, value.size() - 1) + 1);
    if (charset == value.npos || language == value.npos) return std::nullopt;
    if (!equal_ignoring_case(value.substr(0, charset), "UTF-8")) return std::nullopt;
    auto text = percent_decode(value.substr(language + 1));
    if (!text || !is_utf8(*text)) return std::nullopt;
    return text;
}

// Browsers escape what would end a quoted name, and nothing else (HTML, multipart form data).
std::string browsers_name(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view code = text.substr(i, 3);
        const bool escaped =
            code == "%22" || equal_ignoring_case(code, "%0D") || equal_ignoring_case(code, "%0A");
        out += escaped ? percent_decode(code)->front() : text[i];
        if (escaped) i += 2;
    }
    return out;
}

std::string file_name_of(std::string_view disposition) {
    if (const auto value = parameter(disposition, "filename*")) {
        if (auto name = extended(*value)) return *std::move(name);
    }
    return browsers_name(parameter(disposition, "filename").value_or(""));
}

std::unexpected<Error> broken() {
    return failure(Code::malformed, "The body is not valid multipart/form-data.");
}

// Headers of a part, without the blank line.
Part parse_part(std::string_view headers) {
    Part part;
    while (!headers.empty()) {
        const std::string_view line = headers.substr(0, headers.find("\r\n"));
        headers.remove_prefix(std::min(headers.size(), line.size() + 2));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = trim(line.substr(colon + 1));
        if (equal_ignoring_case(name, "Content-Disposition")) {
            part.name = parameter(value, "name").value_or("");
            part.file_name = file_name_of(value);
        } else if (equal_ignoring_case(name, "Content-Type")) {
            part.content_type = value;
        }
    }
    return part;
}

}  // namespace

Result<Multipart> Multipart::open(BodySource& source, std::string_view content_type) {
    const std::string_view kind = trim(content_type.substr(0, content_type.find(';')));
    const auto boundary = parameter(content_type, "boundary");
    if (!equal_ignoring_case(kind, "multipart/form-data") || !boundary || boundary->empty() ||
        boundary->size() > 70) {
        return failure(Code::unsupported, "Send the file as multipart/form-data.");
    }
    return Multipart(source, "\r\n--" + *boundary);
}

// Behind the boundary only blanks stand before the line's end, or two dashes for the last: what
// goes on otherwise is a longer text that begins like the boundary, and belongs to the part.
Multipart::Delimiter Multipart::find_delimiter(std::string_view in) const {
    using Kind = Delimiter::Kind;
    for (std::size_t at = in.find(delimiter_); at != in.npos; at = in.find(delimiter_, at + 1)) {
        const std::string_view behind = in.substr(at + delimiter_.size());
        const bool last = behind.starts_with("--");
        const std::size_t end = behind.find_first_not_of(" \t", last ? 2 : 0);
        const std::string_view rest = end == behind.npos ? std::string_view() : behind.substr(end);
        const std::size_t bytes = delimiter_.size() + behind.size() - rest.size();
        if (rest.starts_with("\r\n") || (rest.empty() && last && ended_))
            return {last ? Kind::last : Kind::part, at, bytes};
        if (rest.empty() || rest == "\r" || behind == "-") return {Kind::unsure, at, bytes};
    }
    return {};
}

Async<Result<void>> Multipart::fill() {
    if (ended_ || buffer_.size() - used_ > part_header_bytes_max + delimiter_.size())
        co_return broken();
    CO_TRY(const std::string_view piece, co_await source_->read_some());
    ended_ = piece.empty();
    buffer_.erase(0, used_);
    used_ = 0;
    buffer_.append(piece);
    co_return Result<void>{};
}

Async<Result<std::string_view>> Multipart::read_some() {
    while (in_part_) {
        const std::string_view have = std::string_view(buffer_).substr(used_);
        const Delimiter next = find_delimiter(have);
        if (next.at == 0 && next.kind != Delimiter::Kind::unsure) {
            in_part_ = false;
            break;
        }
        // Without a delimiter in sight, its beginning may still stand in the last bytes.
        const std::size_t safe = next.at != have.npos
                                     ? next.at
                                     : have.size() - std::min(have.size(), delimiter_.size() - 1);
        if (safe > 0) {
            used_ += safe;
            co_return have.substr(0, safe);
        }
        CO_CHECK(co_await fill());
    }
    co_return std::string_view{};
}

Async<Result<std::optional<Part>>> Multipart::next() {
    while (in_part_) {
        CO_TRY(const std::string_view skipped, co_await read_some());
        if (skipped.empty()) break;
    }
    while (true) {
        const std::string_view have = std::string_view(buffer_).substr(used_);
        const Delimiter found = find_delimiter(have);
        if (found.at != have.npos && found.kind == Delimiter::Kind::last) co_return std::nullopt;
        if (found.at != have.npos && found.kind == Delimiter::Kind::part) {
            const std::string_view behind = have.substr(found.at + found.bytes);
            const std::size_t end = behind.find("\r\n\r\n");
            if (end != behind.npos) {
                Part part = parse_part(behind.substr(0, end));
                used_ += found.at + found.bytes + end + 4;
                in_part_ = true;
                co_return part;
            }
        }
        CO_CHECK(co_await fill());
    }
}

}  // namespace zoetrope::http
