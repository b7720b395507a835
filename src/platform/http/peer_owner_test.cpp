#include "platform/http/peer_owner.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

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
    const TcpEndpoint own = server.local_endpoint();
    EXPECT_EQ(owner_of_peer(peer, own), ::geteuid());
    EXPECT_EQ(ask_owner_of_peer(peer, own), std::optional<Owner>(::geteuid()));
    client.close();
    EXPECT_EQ(owner_of_peer(peer, own), std::nullopt);
    EXPECT_EQ(ask_owner_of_peer(peer, own), std::optional<Owner>(Owner()));
}

// A client's socket of IPv6 that reached an address of IPv4, and one of IPv6 altogether.
TEST(PeerOwner, is_asked_for_by_every_family) {
    namespace asio = boost::asio;
    using asio::ip::tcp;
    asio::io_context io;
    for (const auto& [listens, reaches] :
         {std::pair("::1", "::1"),
          std::pair("127.0.0.1", "::ffff:127.0.0.1"),
          std::pair("::", "::ffff:127.0.0.1")}) {
        tcp::acceptor acceptor(io, at(listens, 0));
        tcp::socket client(io, tcp::v6());
        client.connect(at(reaches, acceptor.local_endpoint().port()));
        tcp::socket server = acceptor.accept();
        EXPECT_EQ(
            ask_owner_of_peer(server.remote_endpoint(), server.local_endpoint()),
            std::optional<Owner>(::geteuid())
        ) << listens;
    }
}

// By the tables, which have a line for each socket, this would take minutes.
TEST(PeerOwner, is_asked_for_as_often_as_one_likes) {
    namespace asio = boost::asio;
    asio::io_context io;
    asio::ip::tcp::acceptor acceptor(io, at("127.0.0.1", 0));
    std::vector<asio::ip::tcp::socket> sockets;
    for (int i = 0; i < 300; ++i) {
        sockets.emplace_back(io).connect(acceptor.local_endpoint());
        sockets.push_back(acceptor.accept());
    }
    for (int round = 0; round < 20; ++round)
        for (std::size_t i = 1; i < sockets.size(); i += 2)
            ASSERT_EQ(
                ask_owner_of_peer(sockets[i].remote_endpoint(), sockets[i].local_endpoint()),
                std::optional<Owner>(::geteuid())
            );
}

}  // namespace
}  // namespace zoetrope::http
