#include "platform/http/peer_owner.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <sstream>
#include <string>

namespace zoetrope::http {
namespace {

TcpEndpoint at(const char* address, std::uint16_t port) {
    return {boost::asio::ip::make_address(address), port};
}

std::optional<uid_t> owner_in(
    const std::string& line, const TcpEndpoint& peer, const TcpEndpoint& own
) {
    std::istringstream table("  sl  local_address rem_address   st ...\n" + line + "\n");
    return find_owner(table, peer, own);
}

TEST(PeerOwner, is_read_from_the_row_of_the_peers_end) {
    const TcpEndpoint peer = at("127.0.0.1", 0xC001);
    const TcpEndpoint own = at("127.0.0.1", 0x1F90);
    const std::string row =
        "  12: 0100007F:C001 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        "
        "0 "
        "4711 1 0000000000000000 20 4 30 10 -1";
    EXPECT_EQ(owner_in(row, peer, own), 1000U);
    EXPECT_EQ(owner_in(row, own, peer), std::nullopt) << "the server's own end is another row";
    EXPECT_EQ(owner_in(row, at("127.0.0.1", 0xC002), own), std::nullopt);
    EXPECT_EQ(owner_in(row, peer, at("127.0.0.1", 0x1F91)), std::nullopt);
    EXPECT_EQ(owner_in(row, at("127.0.0.2", 0xC001), own), std::nullopt);
    EXPECT_EQ(owner_in("", peer, own), std::nullopt);
    EXPECT_EQ(owner_in("  12: 0100007F:C001 0100007F:1F90 01", peer, own), std::nullopt);
}

// What sends a request and closes at once leaves a row without inode, which shows root's number.
TEST(PeerOwner, is_nobody_once_the_peer_has_closed_its_end) {
    const std::string row =
        "  12: 0100007F:C001 0100007F:1F90 04 00000000:00000000 00:00000000 00000000     0        "
        "0 "
        "0 1 0000000000000000 20 4 30 10 -1";
    EXPECT_EQ(owner_in(row, at("127.0.0.1", 0xC001), at("127.0.0.1", 0x1F90)), std::nullopt);
}

TEST(PeerOwner, is_found_behind_sockets_of_ipv6) {
    const std::string columns =
        " 01 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 20 4 30 10 -1";
    const std::string mapped =
        "   0: 0000000000000000FFFF00000100007F:C001 0000000000000000FFFF00000100007F:1F90";
    EXPECT_EQ(owner_in(mapped + columns, at("127.0.0.1", 0xC001), at("127.0.0.1", 0x1F90)), 1000U);
    const std::string loopback =
        "   0: 00000000000000000000000001000000:C001 00000000000000000000000001000000:1F90";
    EXPECT_EQ(owner_in(loopback + columns, at("::1", 0xC001), at("::1", 0x1F90)), 1000U);
}

TEST(PeerOwner, of_a_socket_of_this_process_is_its_user) {
    namespace asio = boost::asio;
    asio::io_context io;
    asio::ip::tcp::acceptor acceptor(io, at("127.0.0.1", 0));
    asio::ip::tcp::socket client(io);
    client.connect(acceptor.local_endpoint());
    asio::ip::tcp::socket server = acceptor.accept();
    const TcpEndpoint peer = server.remote_endpoint();
    EXPECT_EQ(owner_of_peer(peer, server.local_endpoint()), ::geteuid());
    client.close();
    EXPECT_EQ(owner_of_peer(peer, server.local_endpoint()), std::nullopt);
}

}  // namespace
}  // namespace zoetrope::http
