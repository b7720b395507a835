#include "platform/http/peer_owner.hpp"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

namespace zoetrope::http {

namespace {

namespace ip = boost::asio::ip;

// Address and port as the tables show them: each 32 bits of the address in the machine's own byte
// order.
std::string shown(const TcpEndpoint& endpoint, bool in_tcp6) {
    std::string out;
    char digits[16];
    const auto append = [&](const auto& bytes) {
        for (std::size_t i = 0; i < bytes.size(); i += sizeof(std::uint32_t)) {
            std::uint32_t word = 0;
            std::memcpy(&word, bytes.data() + i, sizeof(word));
            std::snprintf(digits, sizeof(digits), "%08X", word);
            out += digits;
        }
    };
    const ip::address& address = endpoint.address();
    if (address.is_v6()) {
        append(address.to_v6().to_bytes());
    } else if (in_tcp6) {
        append(ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes());
    } else {
        append(address.to_v4().to_bytes());
    }
    std::snprintf(digits, sizeof(digits), ":%04X", unsigned(endpoint.port()));
    return out += digits;
}

// The columns behind the addresses: state, queues, timer, retransmits, uid, timeout, inode.
std::optional<uid_t> owner_in_columns(const std::string& columns) {
    std::istringstream in(columns);
    std::string skipped;
    uid_t uid = 0;
    std::uint64_t timeout = 0;
    std::uint64_t inode = 0;
    in >> skipped >> skipped >> skipped >> skipped >> uid >> timeout >> inode;
    if (!in || inode == 0) return std::nullopt;
    return uid;
}

}  // namespace

std::optional<uid_t> find_owner(
    std::istream& table, const TcpEndpoint& peer, const TcpEndpoint& own
) {
    const std::string wanted[] = {
        " " + shown(peer, false) + " " + shown(own, false) + " ",
        " " + shown(peer, true) + " " + shown(own, true) + " "
    };
    for (std::string line; std::getline(table, line);) {
        for (const std::string& addresses : wanted) {
            const std::size_t at = line.find(addresses);
            if (at != line.npos) return owner_in_columns(line.substr(at + addresses.size()));
        }
    }
    return std::nullopt;
}

std::optional<uid_t> owner_of_peer(const TcpEndpoint& peer, const TcpEndpoint& own) {
    // Sockets that come and go while the kernel prints its table may hide one from a single look.
    constexpr int looks_max = 20;
    for (int look = 0; look < looks_max; ++look) {
        // A program may reach an IPv4 address through a socket of IPv6 (RFC 4291 section 2.5.5.2).
        for (const char* name : {"/proc/net/tcp", "/proc/net/tcp6"}) {
            std::ifstream table(name);
            if (const auto owner = find_owner(table, peer, own)) return owner;
        }
    }
    return std::nullopt;
}

}  // namespace zoetrope::http
