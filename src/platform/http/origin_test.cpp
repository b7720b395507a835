#include "platform/http/origin.hpp"

#include <gmock/gmock.h>

namespace zoetrope::http {
namespace {

std::string said(std::string_view text) {
    const auto origin = parse_origin(text);
    return origin ? origin->str() : "! " + origin.error();
}

TEST(Origin, is_written_one_way_whatever_a_setting_says) {
    for (const char* text :
         {"https://zoetrope.example",
          "https://zoetrope.example/",
          "HTTPS://Zoetrope.Example",
          "https://zoetrope.example:443",
          "https://zoetrope.example:",
          "https://zoetrope.example./"})
        EXPECT_EQ(said(text), "https://zoetrope.example") << text;
    EXPECT_EQ(said("http://zoetrope.example:443"), "http://zoetrope.example:443");
    EXPECT_EQ(said("http://[::1]:8080/"), "http://[::1]:8080");
    EXPECT_EQ(said("https://192.0.2.1"), "https://192.0.2.1");
    EXPECT_EQ(said("http://[2001:DB8:0:0::1]:80"), "http://[2001:db8::1]");
    EXPECT_EQ(said("https://Bücher.example:8443"), "https://xn--bcher-kva.example:8443");
    EXPECT_EQ(said("capacitor://localhost"), "capacitor://localhost");
}

TEST(Origin, is_refused_with_the_reason) {
    EXPECT_EQ(said("zoetrope.example"), "! does not begin with https:// or http://");
    EXPECT_EQ(said("null"), "! does not begin with https:// or http://");
    EXPECT_EQ(said("*"), "! does not begin with https:// or http://");
    EXPECT_EQ(said("https://zoetrope.example/studio"), "! has a path");
    EXPECT_EQ(said("https://zoetrope.example?a=b"), "! has more than scheme, host and port");
    EXPECT_EQ(said("https://ann:secret@zoetrope.example"), "! has a user name before the host");
    EXPECT_EQ(said("https://"), "! names no host");
    EXPECT_EQ(said("https://*.example"), "! has a host that is no name");
    EXPECT_EQ(said("https://a%2eb"), "! has a host that is no name");
    for (const char* port : {"0", "65536", "99999999999", "-1", "80 ", "x"})
        EXPECT_THAT(said("https://a:" + std::string(port)), testing::StartsWith("! ")) << port;
    for (const char* wrong : {"://a", "https:// a", "https://a b", "https://[::1", "https://ä\xff"})
        EXPECT_THAT(said(wrong), testing::StartsWith("! ")) << wrong;
}

TEST(Origin, is_where_a_host_header_says) {
    const Origin secure = parse_origin("https://zoetrope.example").value();
    for (const char* host : {"zoetrope.example", "ZOETROPE.example:443", "zoetrope.example."})
        EXPECT_TRUE(is_at(secure, host)) << host;
    for (const char* host :
         {"zoetrope.example:80", "other.example", "", "zoetrope.example/x", "a@zoetrope.example"})
        EXPECT_FALSE(is_at(secure, host)) << host;
    EXPECT_TRUE(is_at(parse_origin("http://[::1]:80").value(), "[::1]"));
}

TEST(Host, is_a_name_or_an_address) {
    EXPECT_EQ(parse_host("Zoetrope.example"), "zoetrope.example");
    EXPECT_EQ(parse_host("zoetrope.example:8443"), "zoetrope.example");
    EXPECT_EQ(parse_host("Bücher.example"), "xn--bcher-kva.example");
    EXPECT_EQ(parse_host("2001:db8::1"), "[2001:db8::1]");
    EXPECT_EQ(parse_host("2001:db8:0::1"), "[2001:db8::1]");
    EXPECT_EQ(parse_host("[2001:db8::1]:80"), "[2001:db8::1]");
    EXPECT_EQ(
        parse_host("https://zoetrope.example/").error(),
        "is a URL; name the host alone: zoetrope.example"
    );
    for (const char* wrong :
         {"",
          "/",
          "a/",
          "a/b",
          "*",
          "*.example",
          "a b",
          "a@b",
          "a:0",
          "a?b",
          "a#b",
          "a..b",
          ".a",
          "a.."})
        EXPECT_FALSE(parse_host(wrong)) << wrong;
}

TEST(Host, loses_the_dot_that_a_full_name_ends_with_and_no_other) {
    EXPECT_EQ(host_name("Zoetrope.example.:80"), "zoetrope.example");
    EXPECT_EQ(host_name("localhost..:80"), "localhost..");
    EXPECT_EQ(host_name(host_name("localhost..")), "localhost..");
}

}  // namespace
}  // namespace zoetrope::http
