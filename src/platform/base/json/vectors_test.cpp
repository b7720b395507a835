// The JSON reader on nst/JSONTestSuite: y_ must be read, n_ must be refused, i_ is ours to decide.
#include <gmock/gmock.h>

#include <algorithm>
#include <vector>

#include "platform/base/json/read.hpp"
#include "tests/support/vectors.hpp"

namespace zoetrope::json {
namespace {

constexpr const char* suite = "json/test_parsing";

// Of the undecided ones, these are read. All others are refused: numbers that overflow, text that
// is not UTF-8 or has half a surrogate pair, a byte order mark, and nesting deeper than 32.
constexpr const char* read_by_choice[] = {
    "i_number_double_huge_neg_exp.json",  // becomes 0
    "i_number_real_underflow.json",       // becomes 0
    "i_number_too_big_neg_int.json",      // becomes the nearest fraction
    "i_number_too_big_pos_int.json",
    "i_number_very_big_negative_int.json",
};
// The same field twice: two readers would take two different values, so neither is taken.
constexpr const char* refused_by_choice[] = {
    "y_object_duplicated_key.json",
    "y_object_duplicated_key_and_value.json",
};

bool is_in(const auto& list, std::string_view name) {
    return std::ranges::find(list, name) != std::end(list);
}

TEST(JsonVectors, are_read_and_refused_as_the_suite_says) {
    int seen = 0;
    for (const auto& [name, text] : test::vectors_in(suite)) {
        const bool is_read = read<Raw>(text).has_value();
        const bool wanted =
            name.starts_with("y_") ? !is_in(refused_by_choice, name) : is_in(read_by_choice, name);
        EXPECT_EQ(is_read, wanted) << name;
        ++seen;
    }
    EXPECT_EQ(seen, 318);
}

TEST(JsonVectors, that_are_read_are_read_again_once_written) {
    for (const auto& [name, text] : test::vectors_in(suite)) {
        const auto first = read<Raw>(text);
        if (!first) continue;
        const auto second = read<Raw>(first->text);
        ASSERT_TRUE(second) << name << ": " << first->text;
        EXPECT_EQ(second->text, first->text) << name;
    }
}

// PostgreSQL cannot hold U+0000 in text, so a field of text refuses it, escaped or not.
TEST(JsonVectors, are_text_but_for_the_one_character_that_no_database_takes) {
    std::vector<std::string> refused;
    for (const auto& [name, text] : test::vectors_in(suite))
        if (name.starts_with("y_string") && text.starts_with('[') &&
            !read<std::vector<std::string>>(text))
            refused.push_back(name);
    EXPECT_THAT(refused, testing::ElementsAre("y_string_null_escape.json"));
}

}  // namespace
}  // namespace zoetrope::json
