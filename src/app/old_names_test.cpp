#include "app/old_names.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <map>

#include "app/settings_file.hpp"

namespace zoetrope::app {
namespace {

std::string said(
    const std::string& setting, std::map<std::string, std::string, std::less<>> variables
) {
    const auto value = old_value(setting, [&](std::string_view name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
    return value ? value->text + " of " + value->variable : "nothing";
}

TEST(OldNames, are_read_as_the_settings_of_today) {
    EXPECT_EQ(said("database", {{"DATABASE_URL", "x"}}), "x of DATABASE_URL");
    EXPECT_EQ(
        said("auth-allowed-emails", {{"ALLOWED_EMAILS", "a@b.c, @d.e"}}),
        "a@b.c, @d.e of ALLOWED_EMAILS"
    );
    EXPECT_EQ(
        said("auth-allowed-emails", {{"ALLOWED_EMAILS", "[\"a@b.c\",\"@d.e\"]"}}),
        "a@b.c,@d.e of ALLOWED_EMAILS"
    );
    EXPECT_EQ(
        said("db-pool-size", {{"DB_POOL_MIN_CONN", "2"}, {"DB_POOL_MAX_CONN", "10"}}),
        "2 of DB_POOL_MIN_CONN"
    );
    EXPECT_EQ(
        said("db-pool-overflow", {{"DB_POOL_MIN_CONN", "2"}, {"DB_POOL_MAX_CONN", "10"}}),
        "8 of DB_POOL_MAX_CONN"
    );
    EXPECT_EQ(said("db-pool-size", {{"DB_POOL_MAX_CONN", "10"}}), "10 of DB_POOL_MAX_CONN");
    EXPECT_EQ(said("db-pool-overflow", {{"DB_POOL_MAX_CONN", "10"}}), "0 of DB_POOL_MAX_CONN");
    EXPECT_EQ(
        said("db-pool-overflow", {{"DB_POOL_MIN_CONN", "2"}, {"DB_POOL_MAX_CONN", "many"}}),
        "many of DB_POOL_MAX_CONN"
    );
    EXPECT_EQ(said("db-pool-overflow", {}), "nothing");
    EXPECT_EQ(said("log-level", {{"DATABASE_URL", "x"}}), "nothing");
}

// The environment goes before the file, but what it only implies must not open what was closed.
TEST(OldNames, imply_nothing_against_what_was_said) {
    const SettingTexts closed{{"auth-registration", "closed"}};
    ::setenv("ALLOWED_EMAILS", "ann@example.com", 1);
    const auto registration = [](const SettingTexts& flags, const SettingTexts& in_file) {
        return gather(flags, in_file, "f.toml").find("auth-registration")->second.text;
    };
    EXPECT_EQ(registration({}, {}), "allow_list");
    EXPECT_EQ(registration({}, closed), "closed");
    EXPECT_EQ(registration(closed, {}), "closed");
    ::unsetenv("ALLOWED_EMAILS");
    EXPECT_EQ(registration({}, {}), "open");
    const auto read = read_variables(
        "ALLOWED_EMAILS=ann@example.com\nZOETROPE_AUTH_REGISTRATION=closed\n", "old.env"
    );
    EXPECT_EQ(read.value().at("auth-registration"), "closed");
}

TEST(OldNames, are_read_from_a_file_of_variables) {
    const auto read = read_variables(
        "# an old system's\r\n"
        "DATABASE_URL='postgresql+asyncpg://u:p@h/i2v'\n"
        "export ALLOWED_EMAILS=ann@example.com,@example.org  # us\n"
        "ZOETROPE_LOG_LEVEL=\"debug\"\n"
        "FAL_KEY=\n"
        "SOMETHING_ELSE=1\n",
        "old.env"
    );
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_THAT(
        *read,
        testing::UnorderedElementsAre(
            testing::Pair("database", "postgresql+asyncpg://u:p@h/i2v"),
            testing::Pair("auth-allowed-emails", "ann@example.com,@example.org"),
            testing::Pair("auth-registration", "allow_list"),
            testing::Pair("log-level", "debug")
        )
    );
    for (const char* text :
         {"\xef\xbb\xbf"
          "ALLOWED_EMAILS=ann@example.com",
          "allowed_emails=[\"ann@example.com\"]",
          "Allowed_Emails=\"[\\\"ann@example.com\\\"]\""}) {
        const auto listed = read_variables(text, "old.env");
        ASSERT_TRUE(listed) << text;
        EXPECT_EQ(listed->at("auth-registration"), "allow_list") << text;
        EXPECT_EQ(listed->at("auth-allowed-emails"), "ann@example.com") << text;
    }
    EXPECT_EQ(
        read_variables("zoetrope_auth_registration=closed", "a.env")->at("auth-registration"),
        "closed"
    );
    for (const char* text :
         {"no variable",
          "ALLOWED_EMAILS=[\n  \"ann@example.com\"\n]",
          "A : b=c",
          "A=b\rC=d",
          "set A=b",
          "A=\xff",
          "\xff\xfe"
          "A\0=\0"})
        EXPECT_FALSE(read_variables(text, "old.env")) << text;
    EXPECT_THAT(
        read_variables("A=1\nwhat\n", "old.env").error().fields.front().message,
        testing::HasSubstr("line 2")
    );
    const auto wrong = read_variables("ZOETROPE_LOG_LEVLE=debug", "old.env");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().fields.front().field, "ZOETROPE_LOG_LEVLE");
}

}  // namespace
}  // namespace zoetrope::app
