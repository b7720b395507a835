#include "app/settings_file.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/support/support.hpp"

namespace zoetrope::app {
namespace {

using testing::HasSubstr;

SettingTexts read(std::string_view toml) {
    auto texts = read_settings(toml, "f.toml");
    return texts ? *std::move(texts) : SettingTexts{};
}

std::string refusal(std::string_view toml) {
    const auto texts = read_settings(toml, "f.toml");
    if (texts) return "accepted";
    return texts.error().fields.at(0).field + " " + texts.error().fields.at(0).message;
}

TEST(SettingsFile, takes_keys_tables_and_lists) {
    const SettingTexts expected{
        {"auth-registration", "closed"},
        {"io-threads", "3"},
        {"migrate", "true"},
        {"public-host", "a.example,b.example"}
    };
    EXPECT_EQ(
        read("io_threads = 3\nmigrate = true\npublic.host = ['a.example', 'b.example']\n"
             "[auth]\nregistration = 'closed'"),
        expected
    );
}

TEST(SettingsFile, names_the_key_of_each_mistake) {
    EXPECT_EQ(refusal("a = 1").substr(0, 11), "a in f.toml");
    EXPECT_THAT(refusal("io-threads = 3"), HasSubstr("io-threads in f.toml is not a setting"));
    for (const char* value : {"2.5", "1979-05-27", "07:32:00", "[[1]]", "[{a = 1}]", "inf"})
        EXPECT_THAT(
            refusal("io_threads = " + std::string(value)),
            HasSubstr("io_threads in f.toml must be text, a whole number")
        ) << value;
    EXPECT_THAT(
        refusal("auth_registration = 'open'\n[auth]\nregistration = 'closed'"),
        HasSubstr("auth_registration in f.toml is there twice")
    );
    EXPECT_THAT(refusal("\"a\\u0000\\n\" = 1"), HasSubstr("a\\u{0}\\n in f.toml"));
    EXPECT_THAT(refusal("io_threads = "), HasSubstr("--config file f.toml cannot be used"));
}

// Each of these violates an assertion of the parser's, or reaches what it calls unreachable.
TEST(SettingsFile, may_be_no_toml_at_all) {
    for (const char* toml :
         {"[\x15", "[!", "[[]", "= 1", "listen = a \n= ['::1'", "a ä", "a = 1 é", "\xff\xfe"})
        EXPECT_THAT(refusal(toml), HasSubstr("--config file f.toml cannot be used")) << toml;
}

TEST(SettingsFile, is_not_followed_into_endless_tables) {
    std::string toml = "a";
    for (int i = 0; i < 1000; ++i) toml += ".a";
    EXPECT_THAT(refusal(toml + " = 1"), HasSubstr("is not a setting"));
    EXPECT_THAT(refusal("listen = " + std::string(1000, '[')), HasSubstr("cannot be used"));
}

TEST(SettingsFile, may_be_missing_a_folder_or_too_large) {
    const test::Folder folder;
    const auto reason = [&](const std::string& file) {
        const auto texts = read_settings_file(file);
        return texts ? "read" : texts.error().fields.at(0).message;
    };
    EXPECT_THAT(reason(folder / "missing"), HasSubstr("cannot be read"));
    EXPECT_THAT(reason(folder.path()), HasSubstr("cannot be read"));
    std::ofstream(folder / "large") << std::string(300'000, '#');
    EXPECT_THAT(reason(folder / "large"), HasSubstr("larger than"));
    std::ofstream(folder / "empty").close();
    EXPECT_EQ(reason(folder / "empty"), "read");
}

TEST(Config, refuses_control_characters_and_ports_with_something_behind) {
    const auto fields = [](const SettingTexts& texts) {
        std::vector<std::string> out;
        const auto config = to_config(gather({}, texts, "f.toml"));
        if (!config)
            for (const FieldError& each : config.error().fields) out.push_back(each.field);
        return out;
    };
    EXPECT_THAT(fields({{"data", std::string("a\0b", 3)}}), testing::ElementsAre("data"));
    EXPECT_THAT(fields({{"mail-from", "a\r\nBcc: b"}}), testing::ElementsAre("mail-from"));
    for (const char* listen : {"127.0.0.1:80x", "127.0.0.1:", "127.0.0.1", "", ":70000", "a:-1"})
        EXPECT_THAT(fields({{"listen", listen}}), testing::ElementsAre("listen")) << listen;
    EXPECT_THAT(fields({{"listen", "[::1]:0"}, {"data", "a é"}}), testing::IsEmpty());
}

}  // namespace
}  // namespace zoetrope::app
