// The networks that an address belongs to, as limits count them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zoetrope::limits {

// What a limit counts under.
struct LimitKey {
    std::string key;
    std::int64_t allowance = 1;  // how many times the limit it may use
};

// Narrowest first: an IPv4 address alone; of an IPv6 address its /64 (one household's network), /56
// (what providers delegate to a household) and /48 (a site). Whoever holds a wide network holds
// every narrow one in it, so a limit counts all three, with a growing allowance: a /48 may also be
// many households.
std::vector<LimitKey> networks_of(std::string_view address);
// The narrowest.
std::string network_of(std::string_view address);

}  // namespace zoetrope::limits
