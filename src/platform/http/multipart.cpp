#include "platform/http/multipart.hpp"

#include <algorithm>

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
            part.file_name = parameter(value, "filename").value_or("");
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

Async<Result<bool>> Multipart::fill() {
    CO_TRY(const std::string_view piece, co_await source_->read_some());
    if (piece.empty()) co_return false;
    buffer_.erase(0, used_);
    used_ = 0;
    buffer_.append(piece);
    co_return true;
}

Async<Result<std::string_view>> Multipart::read_some() {
    while (in_part_) {
        const std::string_view have = std::string_view(buffer_).substr(used_);
        const std::size_t end = have.find(delimiter_);
        if (end == 0) {
            in_part_ = false;
            break;
        }
        // Without a delimiter in sight, its beginning may still stand in the last bytes.
        const std::size_t safe =
            end != have.npos ? end : have.size() - std::min(have.size(), delimiter_.size() - 1);
        if (safe > 0) {
            used_ += safe;
            co_return have.substr(0, safe);
        }
        CO_TRY(const bool more, co_await fill());
        if (!more) co_return broken();
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
        const std::size_t start = have.find(delimiter_);
        if (start != have.npos) {
            const std::string_view behind = have.substr(start + delimiter_.size());
            if (behind.starts_with("--")) co_return std::nullopt;
            const std::size_t end = behind.find("\r\n\r\n");
            if (end != behind.npos) {
                Part part = parse_part(behind.substr(0, end));
                used_ += start + delimiter_.size() + end + 4;
                in_part_ = true;
                co_return part;
            }
        }
        if (have.size() > part_header_bytes_max + delimiter_.size()) co_return broken();
        CO_TRY(const bool more, co_await fill());
        if (!more) co_return broken();
    }
}

}  // namespace zoetrope::http
