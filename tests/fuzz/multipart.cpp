// Multipart bodies: the parts are the same however the body is cut, and what was read can be
// written and read again. Input: the size of the pieces, a line with the content type, the body.
#include "platform/http/multipart.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "tests/fuzz/fuzz.hpp"

namespace zoetrope::http {
namespace {

using fuzz::must;

class Pieces final : public BodySource {
  public:
    Pieces(std::string_view body, std::size_t bytes) : body_(body), bytes_(bytes) {}
    Async<Result<std::string_view>> read_some() override {
        const std::string_view piece = body_.substr(0, bytes_);
        body_.remove_prefix(piece.size());
        co_return piece;
    }

  private:
    std::string_view body_;
    std::size_t bytes_;
};

struct ReadPart {
    std::string name, file_name, content_type, content;
    bool operator==(const ReadPart&) const = default;
};
struct Form {
    std::vector<ReadPart> parts;
    std::optional<Code> error;
    bool operator==(const Form&) const = default;
};

Async<Result<void>> read_into(Form& form, BodySource& source, std::string_view content_type) {
    CO_TRY(Multipart multipart, Multipart::open(source, content_type));
    while (true) {
        CO_TRY(const auto part, co_await multipart.next());
        if (!part) break;
        ReadPart& to = form.parts.emplace_back(part->name, part->file_name, part->content_type);
        while (true) {
            CO_TRY(const auto piece, co_await multipart.read_some());
            if (piece.empty()) break;
            to.content += piece;
        }
    }
    co_return Result<void>{};
}

Form read(std::string_view body, std::string_view content_type, std::size_t piece_bytes) {
    Form form;
    Pieces pieces(body, piece_bytes);
    asio::io_context io;
    asio::co_spawn(
        io.get_executor(),
        read_into(form, pieces, content_type),
        [&form](const std::exception_ptr& thrown, const Result<void>& result) {
            must(!thrown);
            if (!result) form.error = result.error().code;
        }
    );
    io.run();
    return form;
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

std::string write(const std::vector<ReadPart>& parts, const std::string& boundary) {
    std::string out;
    for (const ReadPart& part : parts) {
        out += "--" + boundary + "\r\nContent-Disposition: form-data; name=" + quoted(part.name) +
               "; filename=" + quoted(part.file_name) + "\r\nContent-Type: " + part.content_type +
               "\r\n\r\n" + part.content + "\r\n";
    }
    return out + "--" + boundary + "--";
}

}  // namespace
}  // namespace zoetrope::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace zoetrope;
    std::string_view body = fuzz::as_text(bytes, size);
    const std::size_t piece_bytes = fuzz::take_choice(body, 64) + 1;
    const std::string_view content_type = fuzz::take_line(body);
    if (std::ranges::any_of(content_type, [](unsigned char c) { return c < ' '; }))
        return 0;  // no header has these
    const http::Form whole = http::read(body, content_type, std::max<std::size_t>(1, body.size()));
    fuzz::must(whole == http::read(body, content_type, piece_bytes));
    if (whole.error) return 0;
    const std::string boundary = "a boundary that no fuzzer thinks of";
    const std::string again = http::write(whole.parts, boundary);
    fuzz::must(
        http::read(again, "multipart/form-data; boundary=\"" + boundary + "\"", piece_bytes) ==
        whole
    );
    return 0;
}
