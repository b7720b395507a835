#include "platform/http/proxies.hpp"

#include <gmock/gmock.h>

namespace zoetrope::http {
namespace {

TEST(Networks, hold_addresses_and_ranges_of_both_kinds) {
    const auto networks = Networks::parse({"10.0.0.7", "172.16.0.0/12", "2001:db8::/32"});
    ASSERT_TRUE(networks);
    for (const char* in :
         {"10.0.0.7", "172.16.0.1", "172.31.255.255", "2001:db8:ffff::1", "::ffff:10.0.0.7"})
        EXPECT_TRUE(networks->contain(in)) << in;
    for (const char* out :
         {"10.0.0.8", "172.32.0.1", "172.15.255.255", "2001:db9::1", "", "x", "10.0.0.7.evil"})
        EXPECT_FALSE(networks->contain(out)) << out;
    EXPECT_TRUE(Networks::parse({"0.0.0.0/0"})->contain("198.51.100.1"));
    EXPECT_FALSE(Networks::parse({"0.0.0.0/0"})->contain("2001:db8::1"));
    for (const char* wrong :
         {"10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "proxy.example", "::/129", "10.0.0.0/-1"})
        EXPECT_FALSE(Networks::parse({wrong})) << wrong;
}

std::string_view behind(
    const Networks& trusted, std::string_view peer, std::vector<std::string_view> lines
) {
    return client_behind(trusted, peer, lines);
}

TEST(ClientBehind, is_the_last_one_that_no_proxy_of_ours_is) {
    const auto trusted = *Networks::parse({"10.0.0.0/8"});
    EXPECT_EQ(behind(trusted, "198.51.100.1", {"203.0.113.9"}), "198.51.100.1")
        << "a stranger says what it likes";
    EXPECT_EQ(behind(trusted, "10.0.0.1", {"203.0.113.9"}), "203.0.113.9");
    EXPECT_EQ(behind(trusted, "10.0.0.1", {"203.0.113.9, 10.0.0.2"}), "203.0.113.9");
    EXPECT_EQ(behind(trusted, "10.0.0.1", {"1.2.3.4, 203.0.113.9"}), "203.0.113.9")
        << "what the client itself put before its address is not believed";
    EXPECT_EQ(behind(trusted, "10.0.0.1", {"1.2.3.4", "203.0.113.9"}), "203.0.113.9")
        << "a proxy that adds a line of its own";
    EXPECT_EQ(behind(trusted, "10.0.0.1", {"203.0.113.9", "10.0.0.2"}), "203.0.113.9");
    EXPECT_EQ(behind(trusted, "10.0.0.1", {"1.2.3.4", "unknown"}), "10.0.0.1");
    for (const char* with_port :
         {"203.0.113.9:4711", "203.0.113.9:", "x, 203.0.113.9:4711, 10.0.0.2:80"})
        EXPECT_EQ(behind(trusted, "10.0.0.1", {with_port}), "203.0.113.9") << with_port;
    for (const char* bracketed : {"[2001:db8::9]", "[2001:db8::9]:4711", "2001:db8::9"})
        EXPECT_EQ(behind(trusted, "10.0.0.1", {bracketed}), "2001:db8::9") << bracketed;
    for (const char* wrong : {"[", "[]", "[]:1", "]", ":", ":80", "[::1", "[::1]x", "[::1]]"})
        EXPECT_EQ(behind(trusted, "10.0.0.1", {wrong}), "10.0.0.1") << wrong;
    EXPECT_EQ(behind(trusted, "10.0.0.1", {""}), "10.0.0.1");
    EXPECT_EQ(behind(trusted, "10.0.0.1", {"unknown"}), "10.0.0.1");
    EXPECT_EQ(behind(trusted, "10.0.0.1", {",,,"}), "10.0.0.1");
    using namespace std::string_view_literals;
    EXPECT_EQ(behind(trusted, "10.0.0.1", {"203.0.113.9\0x"sv}), "10.0.0.1");
    EXPECT_EQ(behind(trusted, "10.0.0.1", {"fe80::1%any words"}), "10.0.0.1");
}

}  // namespace
}  // namespace zoetrope::http
