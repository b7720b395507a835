#include <gmock/gmock.h>

#include <boost/describe.hpp>

#include "platform/base/ids.hpp"
#include "platform/base/json/read.hpp"
#include "platform/base/json/schema.hpp"
#include "platform/base/text.hpp"
#include "platform/base/time.hpp"

namespace zoetrope {
namespace {

BOOST_DEFINE_ENUM_CLASS(Colour, red, green)

struct Step {
    std::string prompt;
    int repeat = 0;
};
BOOST_DESCRIBE_STRUCT(Step, (), (prompt, repeat))

struct Plan {
    std::vector<Step> steps;
    Colour colour{};
    std::optional<Instant> due_at;
    std::map<std::string, double> weights;
};
BOOST_DESCRIBE_STRUCT(Plan, (), (steps, colour, due_at, weights))

std::string field_of(const Result<Plan>& read) {
    return read ? "" : read.error().fields.at(0).field;
}

TEST(Json, refuses_a_field_named_twice_whatever_stands_in_strings) {
    const auto code = [](std::string_view text) {
        const auto step = json::read<Step>(text);
        return step ? std::optional<Code>() : step.error().code;
    };
    EXPECT_EQ(code(R"({"prompt":"a:b::\"c\":","repeat":1})"), std::nullopt);
    EXPECT_EQ(code(R"({"prompt":"a:b::c","repeat":1})"), std::nullopt);
    EXPECT_EQ(code(R"({"prompt":"\u003a\u003a","repeat":1})"), std::nullopt);
    EXPECT_EQ(code(R"({"prompt":"a:","repeat":1,"prompt":"b"})"), Code::malformed);
    EXPECT_EQ(code(R"({"prompt":"\u003a","repeat":1,"prompt":"b"})"), Code::malformed);
}

struct Share {
    double share = 0;
};
BOOST_DESCRIBE_STRUCT(Share, (), (share))

TEST(Json, reads_fractions_to_the_last_bit_and_refuses_the_infinite) {
    const auto share = [](const std::string& digits) {
        const auto read = json::read<Share>("{\"share\":" + digits + "}");
        return read ? read->share : -1;
    };
    for (const char* digits : {"115e31", "19.95", "0.1", "1.7976931348623157e308", "4.9e-324"})
        EXPECT_EQ(share(digits), std::strtod(digits, nullptr)) << digits;
    EXPECT_EQ(share("1e400"), -1);
    EXPECT_EQ(share("1e-400"), 0);
}

TEST(Json, reads_what_it_wrote) {
    const std::string text =
        R"({"steps":[{"prompt":"a \"b\"\n\u0007é","repeat":3}],"colour":"green","due_at":"2026-11-21T03:44:11.5Z","weights":{"x":0.25}})";
    const auto plan = json::read<Plan>(text);
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(plan->steps[0].prompt, "a \"b\"\n\x07é");
    const auto again = json::read<Plan>(json::to_string(*plan));
    ASSERT_TRUE(again);
    EXPECT_EQ(json::to_string(*again), json::to_string(*plan));
}

TEST(Text, printable_is_what_shows_what_it_says) {
    for (const char* good :
         {"",
          "Cup",
          "a b",
          "Ä写真",
          "مرحبا",
          "👨\u200d👩\u200d👧",
          "x\u200by",
          "\U0001f3f4\U000e0067\U000e007f"})
        EXPECT_TRUE(is_printable(good)) << good;
    for (const char* bad :
         {"a\nb",     "\x1b[31mred", "a\x7f",    "\u0085",        "a\u061cb", "a\u200eb",
          "a\u200fb", "a\u202ab",    "a\u202eb", "a\u2066b",      "a\u2069b", "a\u2028b",
          "a\u2029b", "a\ufdd0",     "a\uffff",  "\U0010ffff",    "a\xff",    "\xed\xa0\x80",
          "\xc0\x80", " ",           "\u200b",   "\u200d \ufeff", "\u3164"})
        EXPECT_FALSE(is_printable(bad)) << bad;
    EXPECT_FALSE(is_printable(std::string_view("a\0b", 3)));
}

TEST(Json, escapes_what_must_be_wherever_it_stands) {
    const std::string plain(40, 'a');
    EXPECT_EQ(json::to_string(plain), '"' + plain + '"');
    const std::pair<char, std::string> escapes[] = {
        {'"', R"(\")"}, {'\\', R"(\\)"}, {'\n', R"(\n)"}, {'\0', R"(\u0000)"}, {'\x1f', R"(\u001f)"}
    };
    for (const auto& [letter, escape] : escapes) {
        for (std::size_t at = 0; at < plain.size(); ++at) {
            std::string text = plain;
            text[at] = letter;
            const std::string after(plain.size() - at - 1, 'a');
            EXPECT_EQ(json::to_string(text), '"' + plain.substr(0, at) + escape + after + '"');
        }
    }
    for (const char* as_it_is : {"\x7f and é and 写", "/", " "})
        EXPECT_EQ(json::to_string(std::string(as_it_is)), '"' + std::string(as_it_is) + '"');
}

TEST(Text, becomes_one_printable_line) {
    EXPECT_EQ(one_line("Out of memory."), "Out of memory.");
    EXPECT_EQ(
        one_line("\tTraceback:\r\n  line 7\u2028\u202ecup\x1b[0m\xff\n"), "Traceback: line 7 cup[0m"
    );
    EXPECT_EQ(one_line("\n\u200b \u202e"), "");
}

TEST(Json, names_the_path_of_each_mistake) {
    const auto read = json::read<Plan>(
        R"({"steps":[{"prompt":"a","repeat":1},{"prompt":7,"repeat":1.5}],"colour":"blue","weights":{},"extra":1})"
    );
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Code::invalid);
    std::vector<std::string> fields;
    for (const auto& each : read.error().fields) fields.push_back(each.field);
    EXPECT_THAT(
        fields, testing::ElementsAre("steps[1].prompt", "steps[1].repeat", "colour", "extra")
    );
    EXPECT_THAT(read.error().fields[2].message, testing::HasSubstr("red, green"));
}

TEST(Json, wants_required_keys_and_leaves_optional_ones_out) {
    EXPECT_EQ(field_of(json::read<Plan>(R"({"steps":[],"weights":{}})")), "colour");
    EXPECT_TRUE(json::read<Plan>(R"({"steps":[],"colour":"red","weights":{}})"));
}

TEST(Json, refuses_numbers_out_of_range_and_nul) {
    EXPECT_EQ(
        field_of(json::read<Plan>(
            R"({"steps":[{"prompt":"a","repeat":3000000000}],"colour":"red","weights":{}})"
        )),
        "steps[0].repeat"
    );
    EXPECT_EQ(
        field_of(json::read<Plan>(
            R"({"steps":[{"prompt":"a\u0000b","repeat":1}],"colour":"red","weights":{}})"
        )),
        "steps[0].prompt"
    );
}

TEST(Json, tells_a_number_that_is_too_large_from_one_that_is_no_number) {
    const auto message = [](const std::string& number) {
        return json::read<Step>("{\"prompt\":\"a\",\"repeat\":" + number + "}")
            .error()
            .fields.at(0)
            .message;
    };
    for (const char* number : {"9223372036854775808", "-9223372036854775809", "1e20", "3000000000"})
        EXPECT_EQ(message(number), "is out of range") << number;
    EXPECT_THAT(message("1.5"), testing::HasSubstr("not a fraction"));
}

TEST(Json, refuses_nul_in_names_too) {
    const std::string_view colour = R"({"steps":[],"colour":"red\u0000x","weights":{}})";
    EXPECT_EQ(field_of(json::read<Plan>(colour)), "colour");
    const std::string_view key = R"({"steps":[],"colour":"red","weights":{"a\u0000b":1}})";
    EXPECT_EQ(field_of(json::read<Plan>(key)), std::string("weights.a\0b", 11));
}

TEST(Json, says_where_the_text_is_broken_and_bounds_depth) {
    EXPECT_EQ(json::read<Plan>("{\"steps\":[}").error().code, Code::malformed);
    EXPECT_EQ(json::read<Plan>("{} x").error().code, Code::malformed);
    EXPECT_EQ(json::read<Plan>(std::string(1000, '[')).error().code, Code::malformed);
}

// An element takes hundreds of times the memory of the `0,` that asks for it.
TEST(Json, bounds_lists_and_values) {
    const auto list_of = [](std::size_t count) {
        std::string text = "[0";
        for (std::size_t i = 1; i < count; ++i) text += ",0";
        return text + "]";
    };
    EXPECT_TRUE(json::read<std::vector<std::int64_t>>(list_of(json::list_items_max)));
    EXPECT_EQ(
        json::read<std::vector<std::int64_t>>(list_of(json::list_items_max + 1)).error().code,
        Code::invalid
    );
    EXPECT_EQ(json::read<json::Raw>(list_of(json::values_max)).error().code, Code::too_large);
}

// Whoever sends an object can make its keys collide in the table that it becomes.
TEST(Json, bounds_the_fields_of_an_object_before_it_is_one) {
    const auto object_of = [](std::size_t count) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i)
            text += (i ? ",\"" : "{\"") + std::to_string(i) + "\":0";
        return text + "}";
    };
    EXPECT_TRUE(json::read<json::Raw>(object_of(json::members_max)));
    const std::string wide = object_of(json::members_max + 1);
    for (const std::string& text : {wide, "[" + wide + "]", "{\"a\":" + wide + "}"}) {
        EXPECT_EQ(json::read<json::Raw>(text).error().code, Code::too_large);
        EXPECT_EQ(json::read_tree(text).error().code, Code::too_large);
    }
}

TEST(Time, reads_and_writes_rfc_3339) {
    EXPECT_EQ(to_text({1'763'696'651'500'000}), "2025-11-21T03:44:11.500000Z");
    EXPECT_EQ(parse_instant("2025-11-21T04:44:11.5+01:00"), Instant{1'763'696'651'500'000});
    EXPECT_EQ(
        parse_instant("1998-12-31T15:59:60.5-08:00"), parse_instant("1999-01-01T00:00:00.5Z")
    );
    EXPECT_EQ(to_http_date({784'111'777'000'000}), "Sun, 06 Nov 1994 08:49:37 GMT");
    for (const char* wrong :
         {"2025-02-30T00:00:00Z",
          "2025-11-21",
          "2025-11-21T25:00:00Z",
          "2025-11-21T00:00:00",
          "x",
          "2025-11-21T22:59:60Z",
          "9999-12-31T23:30:00-01:00",
          "9999-12-31T23:59:60Z",
          "0001-01-01T00:30:00+01:00"}) {
        EXPECT_FALSE(parse_instant(wrong)) << wrong;
    }
}

TEST(Time, reads_only_what_it_could_write_again) {
    for (const char* wrong :
         {"9999-12-31T23:59:60Z",
          "9999-12-31T23:59:59-00:01",
          "0001-01-01T00:00:00+00:01",
          "2025\r11\r21T03:44:11Z",
          "2025-11-21T03\x1a"
          "44:11Z",
          "2025-11-21T03:44:11\x0e"
          "5Z"})
        EXPECT_FALSE(parse_instant(wrong)) << wrong;
    EXPECT_FALSE(parse_instant(std::string_view("2025-11-21\00003:44:11Z", 20)));
    for (const char* right : {"9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z"})
        EXPECT_EQ(to_text(parse_instant(right).value()), right);
    EXPECT_EQ(to_text({INT64_MAX}), "9999-12-31T23:59:59.999999Z") << "what never comes";
    EXPECT_EQ(to_text({INT64_MIN}), "0001-01-01T00:00:00Z");
    EXPECT_EQ(to_http_date({INT64_MAX}), "Fri, 31 Dec 9999 23:59:59 GMT");
}

TEST(Ids, sort_by_creation_and_parse_only_the_canonical_form) {
    AssetId last = AssetId::make();
    for (int i = 0; i < 10'000; ++i) {
        const AssetId next = AssetId::make();
        ASSERT_LT(last.view(), next.view());
        last = next;
    }
    EXPECT_EQ(AssetId::parse(last.view()), last);
    EXPECT_EQ(last.view()[14], '7');
    EXPECT_FALSE(AssetId::parse("0190163d8694739baea5966c26f8ad91"));
    EXPECT_FALSE(AssetId::parse("../../../../etc/passwd-and-some-mor"));
}

TEST(Text, counts_trims_and_folds_unicode) {
    EXPECT_EQ(code_points("naïve 🎬"), 7U);
    EXPECT_EQ(trim_text("\u2003 a b\u00a0\n"), "a b");
    EXPECT_EQ(fold_case("Straße İ"), fold_case("STRASSE İ"));
}

TEST(Text, is_searched_whatever_its_accents_are_made_of) {
    EXPECT_EQ(fold_for_search("Caf\u00c9"), fold_for_search("cafe\u0301"));
    EXPECT_NE(fold_for_search("caf\u00e9"), fold_for_search("cafe"));
    EXPECT_EQ(fold_for_search("\u0130stanbul"), "istanbul");
    EXPECT_EQ(fold_for_search("i\u0307\u0307"), "i");
    EXPECT_EQ(fold_for_search("\u0130\u0301"), fold_for_search("\u00cd"));
    EXPECT_EQ(fold_for_search("ISTANBUL"), "istanbul");
    // Runs of combining marks have an end, else their order would cost seconds; folding stays
    // stable.
    std::string marks = "a";
    for (int i = 0; i < 5000; ++i) marks += "\u0301";
    for (int i = 0; i < 5000; ++i) marks += "\u0316";
    const std::string folded = fold_for_search(marks);
    EXPECT_GT(folded.size(), marks.size());
    EXPECT_EQ(fold_for_search(folded), folded);
    EXPECT_EQ(ascii_host_name(marks), std::nullopt);
    for (const std::string mark :
         {"\u0301", "\u0344", "\u0f73", "\u0f75", "\u0f81", "\u0f81\u0301"}) {
        std::string run = "a";
        for (int i = 0; i < 100; ++i) run += mark;
        const std::string safe = fold_for_search(run);
        EXPECT_TRUE(safe.contains("\u034f")) << mark;
        EXPECT_EQ(fold_for_search(safe), safe) << mark;
    }
    EXPECT_EQ(fold_for_search("STRA\u00dfE"), "strasse");
    EXPECT_EQ(fold_for_search("\u01f0"), fold_for_search("j\u030c"));
}

TEST(Text, is_cut_between_what_readers_see_as_characters) {
    const std::string family = "\U0001F468\u200D\U0001F469\u200D\U0001F467";
    EXPECT_EQ(cut_text("abc", {.code_points = 2}), "ab");
    EXPECT_EQ(cut_text("abc", {}), "abc");
    EXPECT_EQ(cut_text("ae\u0301", {.code_points = 2}), "a");
    EXPECT_EQ(cut_text(family + family, {.code_points = 9}), family);
    EXPECT_EQ(cut_text("\u00e4\u00e4", {.bytes = 3}), "\u00e4");
    EXPECT_EQ(cut_file_name("a-long-name.jpg", {.code_points = 8}), "a-lo.jpg");
    EXPECT_EQ(cut_file_name("short.jpg", {.code_points = 9}), "short.jpg");
    EXPECT_EQ(cut_file_name(".hidden-file-name", {.code_points = 5}), ".hidd");
    EXPECT_EQ(cut_file_name("a.sentence with a dot", {.code_points = 5}), "a.sen");
}

TEST(Text, for_a_log_stays_on_its_line) {
    EXPECT_EQ(escaped_line("naïve 🎬 写 \\"), "naïve 🎬 写 \\");
    EXPECT_EQ(escaped_line("a\r\nb\tc\x1b[0m\x7f"), "a\\u{d}\\nb\\u{9}c\\u{1b}[0m\\u{7f}");
    EXPECT_EQ(escaped_line("\u202egnp.exe\u0085\u2028"), "\\u{202e}gnp.exe\\u{85}\\u{2028}");
    EXPECT_EQ(escaped_line("a\xff\xc3"), "a\\xff\\xc3");
    EXPECT_EQ(escaped_line(std::string_view("a\0b", 3)), "a\\u{0}b");
}

}  // namespace
}  // namespace zoetrope
