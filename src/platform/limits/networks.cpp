#include "platform/limits/networks.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

namespace zoetrope::limits {

namespace ip = boost::asio::ip;

static std::string prefix(const ip::address_v6& address, std::size_t octets) {
    auto bytes = address.to_bytes();
    std::fill(bytes.begin() + std::ptrdiff_t(octets), bytes.end(), std::uint8_t(0));
    return ip::address_v6(bytes).to_string() + "/" + std::to_string(8 * octets);
}

std::vector<LimitKey> networks_of(std::string_view address) {
    boost::system::error_code error;
    const auto parsed = ip::make_address(std::string(address), error);
    if (error || parsed.is_v4()) return {{.key = std::string(address)}};
    const ip::address_v6 whole = parsed.to_v6();
    if (whole.is_v4_mapped())
        return {{.key = ip::make_address_v4(ip::v4_mapped, whole).to_string()}};
    return {
        {.key = prefix(whole, 8)},
        {.key = prefix(whole, 7), .allowance = 4},
        {.key = prefix(whole, 6), .allowance = 16}
    };
}

std::string network_of(std::string_view address) {
    return std::move(networks_of(address).front().key);
}

}  // namespace zoetrope::limits
