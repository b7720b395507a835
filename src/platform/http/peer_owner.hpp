// Finds whose process holds the other end of a connection within this machine, by the kernel's
// tables of sockets (proc(5), /proc/net/tcp and /proc/net/tcp6). Private programs of other users
// and proxies that run as a user of their own are told from the server's own user by it.
#pragma once

#include <sys/types.h>

#include <boost/asio/ip/tcp.hpp>
#include <iosfwd>
#include <optional>

namespace zoetrope::http {

using TcpEndpoint = boost::asio::ip::tcp::endpoint;

// Nothing when no process of this network namespace holds it: the peer is another machine's, or has
// closed its end (an orphaned socket has no owner any more; the kernel shows root's number for it).
// Blocks for as long as the kernel takes to print its sockets, milliseconds with thousands of them.
std::optional<uid_t> owner_of_peer(const TcpEndpoint& peer, const TcpEndpoint& own);

// The same in one table. `peer` and `own` as the server's socket names them.
std::optional<uid_t> find_owner(
    std::istream& table, const TcpEndpoint& peer, const TcpEndpoint& own
);

}  // namespace zoetrope::http
