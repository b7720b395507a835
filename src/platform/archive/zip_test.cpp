#include "platform/archive/zip.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <map>

#include "tests/support/support.hpp"

namespace zoetrope::archive {
namespace {

constexpr Instant noon{1'700'000'000'000'000};

Async<bool> keep(std::string& bytes, std::string_view piece) {
    bytes += piece;
    co_return true;
}

Async<bool> make(Zip& zip) {
    co_await zip.begin("todos.json", noon, Zip::Packing::deflated);
    co_await zip.write("[1,");
    co_await zip.write("2]");
    co_await zip.begin("assets/Ätzung 漆.jpg", noon, Zip::Packing::stored);
    co_await zip.write(std::string(100'000, 'x'));
    co_await zip.end();
    co_return true;
}

std::map<std::string, std::string> read_back(const std::string& zip) {
    std::map<std::string, std::string> files;
    const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    const locale_t before = ::uselocale(utf8);
    struct archive* reader = archive_read_new();
    archive_read_support_format_zip(reader);
    EXPECT_EQ(archive_read_open_memory(reader, zip.data(), zip.size()), ARCHIVE_OK);
    struct archive_entry* entry = nullptr;
    while (archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
        EXPECT_EQ(archive_entry_mtime(entry), noon.us / 1'000'000);
        std::string& text = files[archive_entry_pathname(entry)];
        char piece[4096];
        for (la_ssize_t got = 0; (got = archive_read_data(reader, piece, sizeof piece)) > 0;)
            text.append(piece, std::size_t(got));
    }
    archive_read_free(reader);
    ::uselocale(before);
    ::freelocale(utf8);
    return files;
}

TEST(Zip, holds_what_was_written_under_its_names) {
    test::Io io;
    Offload threads(1);
    std::string bytes;
    Zip zip([&](std::string_view piece) { return keep(bytes, piece); }, threads);
    io.wait(make(zip));
    EXPECT_THAT(
        read_back(bytes),
        testing::ElementsAre(
            testing::Pair("assets/Ätzung 漆.jpg", std::string(100'000, 'x')),
            testing::Pair("todos.json", "[1,2]")
        )
    );
    EXPECT_THAT(bytes, testing::HasSubstr(std::string(50'000, 'x')));  // media is not packed again
}

TEST(Zip, stops_when_nobody_takes_it) {
    test::Io io;
    Offload threads(1);
    const auto refuse = [](std::string_view) -> Async<bool> { co_return false; };
    Zip zip(refuse, threads);
    EXPECT_THROW(io.wait(make(zip)), Gone);
}

}  // namespace
}  // namespace zoetrope::archive
