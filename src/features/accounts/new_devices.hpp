// Which sign-ins are mailed as a new device's. Private to accounts.
//
// A device is known when the account has a session, live or ended, with the same User-Agent from
// the same network: the /24 of an IPv4 address, the /48 of an IPv6 one. Sessions are kept for
// auth-session-ttl after their last use, so "known" means seen within the last month. A copied
// User-Agent alone is therefore not enough, from anywhere else it is mailed.
//
// A phone that changes cells stays signed in: refreshes are not sign-ins and mail nothing. When it
// does sign in again, the wide prefix covers the addresses that one carrier or household changes
// between, and each network is mailed once a month at most.
//
// The first session of an account is no news, and those from before networks were kept count for
// every network until they end.
#pragma once

#include <string>
#include <string_view>

namespace zoetrope::accounts {

// `198.51.100.0/24`, `2001:db8:1::/48`; what is no address is its own network.
std::string device_network(std::string_view address);

}  // namespace zoetrope::accounts
