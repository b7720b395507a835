#include "app/privacy.hpp"

#include <gmock/gmock.h>

#include <utility>

namespace zoetrope::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The arguments as they look afterwards, and the flags that had a secret.
std::pair<std::vector<std::string>, std::vector<std::string>> wiped(std::vector<std::string> words
) {
    std::vector<char*> arguments;
    arguments.reserve(words.size());
    for (std::string& word : words) arguments.push_back(word.data());
    auto flags = wipe_secrets(arguments);
    return {std::move(words), std::move(flags)};
}

TEST(WipeSecrets, overwrites_them_and_nothing_else) {
    const auto [words, flags] = wiped(
        {"zoetrope", "serve", "--secret-key", "5a5a", "--data", "d", "--mail-password=pw", "x"}
    );
    EXPECT_THAT(
        words,
        ElementsAre(
            "zoetrope", "serve", "--secret-key", "****", "--data", "d", "--mail-password=**", "x"
        )
    );
    EXPECT_THAT(flags, ElementsAre("--secret-key", "--mail-password"));
}

TEST(WipeSecrets, hides_a_database_only_with_its_password) {
    for (const std::string shown :
         {"postgres://db.example/z", "postgres://ann@db.example:5432/z"}) {
        const auto [words, flags] = wiped({"zoetrope", "serve", "--database", shown});
        EXPECT_EQ(words.back(), shown);
        EXPECT_THAT(flags, IsEmpty());
    }
    for (const std::string hidden :
         {"postgres://ann:pw@db.example/z",
          "postgres://ann:p@w@db.example/z",
          "postgres://db.example/z?user=ann&password=pw",
          "host=db.example password = pw"}) {
        const auto [words, flags] = wiped({"zoetrope", "serve", "--database=" + hidden});
        EXPECT_EQ(words.back(), "--database=" + std::string(hidden.size(), '*'));
        EXPECT_THAT(flags, ElementsAre("--database"));
    }
}

TEST(WipeSecrets, takes_a_flag_without_a_value) {
    EXPECT_THAT(wiped({"zoetrope", "serve", "--secret-key"}).second, IsEmpty());
    EXPECT_THAT(wiped({"zoetrope", "serve", "--secret-key="}).second, IsEmpty());
}

}  // namespace
}  // namespace zoetrope::app
