#include "platform/http/peer_owner.hpp"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
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

// An IPv4 address as such: the kernel finds sockets of IPv6 by it, too (RFC 4291 section 2.5.5.2).
ip::address plain(const ip::address& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

void put(const ip::address& address, __be32 (&into)[4]) {
    if (address.is_v4()) {
        std::memcpy(into, address.to_v4().to_bytes().data(), 4);
    } else {
        std::memcpy(into, address.to_v6().to_bytes().data(), 16);
    }
}

// A thread's line to the kernel's socket diagnosis, which answers while it is asked.
class Diagnosis {
  public:
    Diagnosis()
        : fd_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG)) {}
    ~Diagnosis() {
        if (fd_ >= 0) ::close(fd_);
    }
    Diagnosis(const Diagnosis&) = delete;

    enum class Kind : std::uint8_t { found, missing, silent };
    struct Answer {
        Kind kind = Kind::silent;
        std::uint32_t uid = 0;
        std::uint32_t inode = 0;  // 0: no process holds it any more
    };
    // About the socket whose own end is `from`.
    Answer ask(const TcpEndpoint& from, const TcpEndpoint& to) {
        struct {
            nlmsghdr header{};
            inet_diag_req_v2 about{};
        } question;
        const ip::address source = plain(from.address()), target = plain(to.address());
        question.header.nlmsg_len = sizeof(question);
        question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
        question.header.nlmsg_flags = NLM_F_REQUEST;
        question.header.nlmsg_seq = ++asked_;
        question.about.sdiag_family = source.is_v4() ? AF_INET : AF_INET6;
        question.about.sdiag_protocol = IPPROTO_TCP;
        question.about.idiag_states = ~0U;
        inet_diag_sockid& id = question.about.id;
        id.idiag_sport = htons(from.port());
        id.idiag_dport = htons(to.port());
        put(source, id.idiag_src);
        put(target, id.idiag_dst);
        id.idiag_cookie[0] = id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
        if (::send(fd_, &question, sizeof(question), 0) != ssize_t(sizeof(question))) return {};
        return read();
    }

  private:
    Answer read() {
        alignas(nlmsghdr) char bytes[1024];
        while (true) {
            const ssize_t got = ::recv(fd_, bytes, sizeof(bytes), 0);
            if (got < ssize_t(sizeof(nlmsghdr))) return {};
            nlmsghdr header{};
            std::memcpy(&header, bytes, sizeof(header));
            if (header.nlmsg_seq != asked_) continue;  // of one that was given up
            const char* body = bytes + NLMSG_HDRLEN;
            const std::size_t size = std::size_t(got) - NLMSG_HDRLEN;
            if (header.nlmsg_type == NLMSG_ERROR && size >= sizeof(nlmsgerr)) {
                nlmsgerr error{};
                std::memcpy(&error, body, sizeof(error));
                return {.kind = error.error == -ENOENT ? Kind::missing : Kind::silent};
            }
            if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY || size < sizeof(inet_diag_msg)) return {};
            inet_diag_msg found{};
            std::memcpy(&found, body, sizeof(found));
            return {Kind::found, found.idiag_uid, found.idiag_inode};
        }
    }

    int fd_;
    std::uint32_t asked_ = 0;
};

}  // namespace

std::optional<Owner> ask_owner_of_peer(const TcpEndpoint& peer, const TcpEndpoint& own) {
    thread_local Diagnosis diagnosis;
    const Diagnosis::Answer theirs = diagnosis.ask(peer, own);
    if (theirs.kind == Diagnosis::Kind::silent) return std::nullopt;
    if (theirs.kind == Diagnosis::Kind::found)
        return theirs.inode != 0 ? Owner(theirs.uid) : Owner();
    // A kernel without this diagnosis finds nothing either; our own end tells.
    const Diagnosis::Answer ours = diagnosis.ask(own, peer);
    return ours.kind == Diagnosis::Kind::found ? std::optional<Owner>(Owner()) : std::nullopt;
}

Owner find_owner(std::istream& table, const TcpEndpoint& peer, const TcpEndpoint& own) {
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

Owner owner_of_peer(const TcpEndpoint& peer, const TcpEndpoint& own) {
    // Sockets that come and go while the kernel prints its table may hide one from a single look.
    constexpr int looks_max = 5;
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
