// Settings of the HTTP server, each with its reason.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/http/origin.hpp"
#include "platform/http/proxies.hpp"

namespace zoetrope::http {

struct Limits {
    std::size_t header_bytes_max =
        16 * 1024;  // cookies and a long URL fit; what browsers send is under 8 KiB
    std::size_t target_bytes_max = 8 * 1024;  // RFC 9110 section 4.1 asks for at least 8000
    std::size_t headers_max = 100;
    std::size_t connections_max = 16'384;  // over all cores; each costs about 10 KiB
    // From one address (IPv6: one /64), except from trusted proxies, over all cores; 0: half of
    // connections_max, so that no address takes them all.
    std::size_t connections_per_address = 0;
    // Memory of request bodies that are still arriving, and as much of answers that clients have
    // yet to take, on each I/O thread: twice the largest body.
    std::size_t bodies_bytes_max = std::size_t(128) << 20;
    std::chrono::seconds idle{75};  // between requests; above the 60 s of common load balancers
    std::chrono::seconds header_read{10
    };  // a whole header, from its first byte: slow-header attacks end here
    std::chrono::seconds body_read{30};   // without one new byte
    std::chrono::seconds body_total{60};  // a whole body that is held in memory, such as JSON
    std::chrono::seconds write{30};       // without one byte taken by the client
    // Average, in bytes a second, of streamed bodies and of answers, after body_read and write.
    std::size_t rate_min = 1024;
    std::chrono::seconds linger{5};  // reading what a refused client still sends
    std::chrono::seconds drain{10};  // after SIGTERM, before open requests are cut
    std::chrono::seconds heartbeat{15
    };  // comment line on quiet event streams; below any proxy's 60 s
    std::size_t gzip_bytes_min = 1024;        // below a packet, compressing saves nothing
    std::size_t gzip_bytes_max = 512 * 1024;  // takes 10 ms, for which others wait
};

struct BrowserRules {
    std::vector<std::string> public_hosts;  // of Host headers, beside loopback names; parse_host()
    std::vector<Origin> cors_origins;       // whose pages may call, too
    Networks trusted_proxies;               // whose X-Forwarded-For counts
    std::optional<Origin> public_url;       // how people reach the server, when a proxy ends TLS
    std::chrono::seconds hsts{0};  // with an https public URL: browsers refuse http for so long
    // No account yet: nobody else may be let in. Accounts switch it off.
    std::shared_ptr<const std::atomic<bool>> local_only = std::make_shared<std::atomic<bool>>(true);
};

struct ServerConfig {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8080;
    unsigned io_threads = 1;
    Limits limits{};
    BrowserRules rules{};
};

}  // namespace zoetrope::http
