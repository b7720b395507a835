// Networks whose machines are believed when they say for whom they ask.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/result.hpp"

namespace zoetrope::http {

class Networks {
  public:
    // Addresses (`10.0.0.7`, `::1`) and networks (`10.0.0.0/8`). Errors: invalid, naming the one.
    static Result<Networks> parse(const std::vector<std::string>& texts);
    bool empty() const { return all_.empty(); }
    bool contain(std::string_view address) const;

  private:
    struct Network {
        boost::asio::ip::address_v6::bytes_type bytes;  // IPv4 as IPv4-mapped IPv6
        unsigned prefix;                                // bits
    };
    std::vector<Network> all_;
};

// Who asks in truth: going back through X-Forwarded-For from its end, the first address that is not
// one of ours. `peer` when the connection itself is a stranger's. The view is into either.
// `forwarded_for`: the header's lines, in order.
std::string_view client_behind(
    const Networks& trusted, std::string_view peer, std::span<const std::string_view> forwarded_for
);

}  // namespace zoetrope::http
