#include "features/accounts/new_devices.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

namespace zoetrope::accounts {

namespace ip = boost::asio::ip;

static std::string network_of(ip::address_v4 address) {
    return ip::address_v4(address.to_uint() & 0xffff'ff00).to_string() + "/24";
}

static std::string network_of(const ip::address_v6& address) {
    if (address.is_v4_mapped()) return network_of(ip::make_address_v4(ip::v4_mapped, address));
    auto bytes = address.to_bytes();
    std::fill(bytes.begin() + 6, bytes.end(), std::uint8_t(0));
    return ip::address_v6(bytes).to_string() + "/48";
}

std::string device_network(std::string_view address) {
    boost::system::error_code error;
    const auto parsed = ip::make_address(std::string(address), error);
    if (error) return std::string(address);
    return parsed.is_v4() ? network_of(parsed.to_v4()) : network_of(parsed.to_v6());
}

}  // namespace zoetrope::accounts
