// Finds whose process holds the other end of a connection within this machine. Private programs of
// other users and proxies that run as a user of their own are told from the server's own user by
// it. The kernel is asked about the one socket (sock_diag(7)); where it cannot be, its tables of
// all sockets are read (proc(5), /proc/net/tcp and /proc/net/tcp6).
#pragma once

#include <sys/types.h>

#include <boost/asio/ip/tcp.hpp>
#include <iosfwd>
#include <optional>

namespace zoetrope::http {

using TcpEndpoint = boost::asio::ip::tcp::endpoint;

// Nothing when no process of this network namespace holds it: the peer is another machine's, or has
// closed its end (an orphaned socket has no owner any more; the kernel shows root's number for it).
using Owner = std::optional<uid_t>;

// Takes microseconds, however many sockets there are. Nothing when the kernel cannot be asked.
std::optional<Owner> ask_owner_of_peer(const TcpEndpoint& peer, const TcpEndpoint& own);

// By the tables. Blocks for as long as the kernel takes to print its sockets, milliseconds with
// thousands of them.
Owner owner_of_peer(const TcpEndpoint& peer, const TcpEndpoint& own);

// The same in one table. `peer` and `own` as the server's socket names them.
Owner find_owner(std::istream& table, const TcpEndpoint& peer, const TcpEndpoint& own);

}  // namespace zoetrope::http
