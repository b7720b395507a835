// Ranges, and multipart bodies however they arrive.
#include <gmock/gmock.h>

#include "platform/http/multipart.hpp"
#include "platform/http/range.hpp"
#include "tests/support/support.hpp"

namespace zoetrope::http {
namespace {

TEST(Range, follows_rfc_9110) {
    const auto range = [](const char* header) { return **parse_range(header, 100); };
    EXPECT_EQ(range("bytes=0-9").bytes, 10U);
    EXPECT_EQ(range("bytes=90-").first, 90U);
    EXPECT_EQ(range("bytes=-5").first, 95U);
    EXPECT_EQ(range("bytes=50-999").bytes, 50U);
    EXPECT_EQ(parse_range("bytes=100-", 100).error().code, Code::range);
    EXPECT_FALSE(parse_range("bytes=0-1,5-6", 100)->has_value());
    EXPECT_FALSE(parse_range("lines=0-1", 100)->has_value());
    EXPECT_FALSE(parse_range("bytes=9-0", 100)->has_value());
}

// Hands a body out in pieces of a given size: every split of a delimiter must be survived.
class Pieces final : public BodySource {
  public:
    Pieces(std::string body, std::size_t bytes) : body_(std::move(body)), bytes_(bytes) {}
    Async<Result<std::string_view>> read_some() override {
        const auto piece = std::string_view(body_).substr(at_, bytes_);
        at_ += piece.size();
        co_return piece;
    }

  private:
    std::string body_;
    std::size_t bytes_;
    std::size_t at_ = 0;
};

Async<Result<std::string>> read_all(BodySource& source) {
    CO_TRY(Multipart form, Multipart::open(source, "multipart/form-data; boundary=\"b d\""));
    std::string out;
    while (true) {
        CO_TRY(const std::optional<Part> part, co_await form.next());
        if (!part) co_return out;
        out += part->name + "(" + part->file_name + ")=";
        while (true) {
            CO_TRY(const std::string_view piece, co_await form.read_some());
            if (piece.empty()) break;
            out += piece;
        }
        out += ";";
    }
}

TEST(MultipartTest, reads_parts_however_they_are_cut) {
    const std::string body =
        "--b d\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nplain\r\n"
        "--b d\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n"
        "--b d\r\nContent-Disposition: form-data; name=\"file\"; "
        "filename=\"x\\\"y.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"
        "\r\n--b \r\nbinary\r\n--b d--\r\n";
    test::Io io;
    for (std::size_t bytes = 1; bytes < body.size(); ++bytes) {
        Pieces pieces(body, bytes);
        const auto read = io.wait(read_all(pieces));
        ASSERT_TRUE(read) << bytes;
        ASSERT_EQ(*read, "a()=plain;empty()=;file(x\"y.jpg)=\r\n--b \r\nbinary;") << bytes;
    }
}

// A longer boundary that begins like ours is another's, of a form within the form, say.
TEST(MultipartTest, takes_only_whole_boundaries) {
    const std::string inner =
        "\r\n--b d2\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\nx\r\n--b d2--\r\n"
        "--b d-\r\n--b d --\r\n--b d--2\r\n--b d\rx\r\n--b d\t x";
    const std::string body =
        "--b d0\r\n--b d \t\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" + inner +
        "\r\n--b d\t\r\n\r\nlast\r\n--b d--";
    test::Io io;
    for (const std::string& end : {"", " ", "\r\n", " \t\r\n", "\r\nepilogue"}) {
        for (std::size_t bytes = 1; bytes < body.size(); ++bytes) {
            Pieces pieces(body + end, bytes);
            const auto read = io.wait(read_all(pieces));
            ASSERT_TRUE(read) << bytes << end;
            ASSERT_EQ(*read, "a()=" + inner + ";()=last;") << bytes << end;
        }
    }
}

TEST(MultipartTest, bounds_the_blanks_behind_a_boundary) {
    test::Io io;
    Pieces pieces("--b d" + std::string(20'000, ' '), 1000);
    EXPECT_EQ(io.wait(read_all(pieces)).error().code, Code::malformed);
}

TEST(MultipartTest, takes_nothing_in_quotes_for_a_parameter) {
    test::Io io;
    Pieces pieces(
        "--b d\r\nContent-Disposition: form-data; filename=\"a; name=b.jpg\"; NAME = c ; "
        "name=d\r\n\r\n"
        "x\r\n--b d--",
        50
    );
    EXPECT_EQ(io.wait(read_all(pieces)).value(), "c(a; name=b.jpg)=x;");
}

TEST(MultipartTest, reads_names_as_browsers_and_others_write_them) {
    const auto name_of = [](const std::string& parameters) {
        const std::string body = "--b d\r\nContent-Disposition: form-data; name=f; " + parameters +
                                 "\r\n\r\nx\r\n--b d--\r\n";
        test::Io io;
        Pieces pieces(body, body.size());
        const std::string read = io.wait(read_all(pieces)).value_or("f(refused)=x;");
        return read.substr(2, read.size() - sizeof("f()=x;") + 1);
    };
    EXPECT_EQ(name_of("filename=\"a;b.jpg\""), "a;b.jpg");
    EXPECT_EQ(name_of("filename = a.jpg"), "a.jpg");
    EXPECT_EQ(name_of("filename=\"a%22b%0d%0A.jpg\""), "a\"b\r\n.jpg");
    EXPECT_EQ(name_of("filename=\"100%25.jpg\""), "100%25.jpg") << "browsers escape nothing else";
    EXPECT_EQ(name_of("filename=x.jpg; filename*=UTF-8''%E6%BC%86.jpg"), "\u6f06.jpg");
    EXPECT_EQ(name_of("filename*=utf-8'en'a%20b.jpg; filename=x.jpg"), "a b.jpg");
    for (const char* broken : {"UTF-8''%ff", "UTF-8''%4", "latin1''a", "a", "'", "''", "UTF-8'"})
        EXPECT_EQ(name_of("filename=x.jpg; filename*=" + std::string(broken)), "x.jpg") << broken;
}

TEST(MultipartTest, refuses_what_ends_early) {
    test::Io io;
    for (const std::string& end : {"\r", "-", "\r\n"}) {
        Pieces cut("--b d\r\n\r\nwhole\r\n--b d" + end, 7);
        EXPECT_EQ(io.wait(read_all(cut)).error().code, Code::malformed) << end;
    }
    Pieces pieces("--b d\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\ncut", 7);
    EXPECT_EQ(io.wait(read_all(pieces)).error().code, Code::malformed);
}

}  // namespace
}  // namespace zoetrope::http
