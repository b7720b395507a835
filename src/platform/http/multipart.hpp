// Streaming multipart/form-data (RFC 7578): parts are read as they arrive, never held whole.
#pragma once

#include <optional>
#include <string>

#include "platform/http/request.hpp"

namespace zoetrope::http {

struct Part {
    std::string name;
    std::string file_name;  // empty for plain fields
    std::string content_type;
};

class Multipart {
  public:
    // Errors: unsupported when the content type is not multipart/form-data with a boundary.
    static Result<Multipart> open(BodySource& source, std::string_view content_type);

    // The next part, after skipping what is left of this one; nullopt behind the last.
    // Errors: malformed; and those of the source.
    Async<Result<std::optional<Part>>> next();
    // The next bytes of the part (valid until the next call); empty at its end.
    Async<Result<std::string_view>> read_some();

  private:
    Multipart(BodySource& source, std::string delimiter)
        : source_(&source),
          delimiter_(std::move(delimiter)) {}
    // A line of dashes and boundary (RFC 2046 section 5.1.1). `unsure`: more bytes must come first.
    struct Delimiter {
        enum class Kind : std::uint8_t { part, last, unsure } kind{};
        std::size_t at = std::string_view::npos;  // in what was asked; npos: there is none
        std::size_t bytes = 0;                    // up to its line end
    };
    Delimiter find_delimiter(std::string_view in) const;
    Async<Result<void>> fill();  // notes the end of the body

    static constexpr std::size_t part_header_bytes_max = 8 * 1024;

    BodySource* source_;
    std::string delimiter_;        // CRLF -- boundary
    std::string buffer_ = "\r\n";  // the first delimiter has no line before it
    std::size_t used_ = 0;
    bool in_part_ = false;
    bool ended_ = false;  // the body has no more
};

}  // namespace zoetrope::http
