// Who is let in, and for whom a proxy asks: an address is believed only from a network that
// settings trust, and a request is let in only under a name that is ours. Input: the trusted
// networks in one line, the peer in the next, then a request (request.hpp).
#include "platform/http/browser_rules.hpp"
#include "tests/fuzz/request.hpp"

namespace zoetrope::http {
namespace {

using fuzz::must;

bool is_address(std::string_view text) {
    return Networks::parse({std::string(text)}).has_value() && !text.contains('/');
}

void check_client(const Networks& trusted, std::string_view peer, std::string_view client) {
    if (client == peer) return;
    must(trusted.contain(peer));
    must(is_address(client) && client.find_first_not_of("0123456789abcdefABCDEF.:") == client.npos);
}

void check_gate(const Gate& gate, const BrowserRules& rules, const Request& request) {
    const std::string_view host = request.header(Field::host);
    const std::string name = host_name(host);
    must(name.size() <= host.size() && equal_ignoring_case(name, host.substr(0, name.size())));
    if (const auto parsed = parse_host(host)) must(parse_host(*parsed) == parsed);
    must(is_loopback_name(name) == is_loopback_name(host_name(name + ":80")) || name.contains(':'));
    const auto refused = gate.refuse(request);
    if (refused) {
        must(refused->status >= 400 && refused->status < 500 && !refused->body.empty());
        return;
    }
    must(is_loopback_name(name) || name == rules.public_hosts[0] || name == rules.public_url->host);
    const std::string_view text = request.header(Field::origin);
    if (is_safe(request.method) || text.empty()) return;
    if (request.header(Field::sec_fetch_site) == "same-origin") return;
    const auto origin = parse_origin(text);
    must(origin.has_value() && parse_origin(origin->str()) == origin);
    must(*origin == rules.cors_origins[0] || *origin == rules.public_url || is_at(*origin, host));
}

}  // namespace
}  // namespace zoetrope::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace zoetrope;
    using fuzz::must;
    std::string_view rest = fuzz::as_text(bytes, size);
    std::string_view networks = fuzz::take_line(rest);
    const std::string_view peer = fuzz::take_line(rest);
    http::BrowserRules rules{
        .public_hosts = {"zoetrope.example"},
        .cors_origins = {http::parse_origin("https://app.example").value()},
        .public_url = http::parse_origin("https://studio.example").value()
    };
    while (!networks.empty()) {
        const std::string one(networks.substr(0, networks.find(',')));
        networks.remove_prefix(std::min(networks.size(), one.size() + 1));
        auto parsed = http::Networks::parse({one});
        if (!parsed) continue;
        must(parsed->contain(one.substr(0, one.find('/'))));
        rules.trusted_proxies = *std::move(parsed);
    }
    http::Request request = fuzz::request_of(rest);
    request.peer = peer;
    for (const bool local_only : {true, false}) {
        rules.local_only = std::make_shared<std::atomic<bool>>(local_only);
        const http::Gate gate(rules);
        http::check_gate(gate, rules, request);
        http::check_client(rules.trusted_proxies, peer, gate.client(request));
        if (gate.is_from_this_machine(request)) must(http::is_loopback_name(peer));
    }
    return 0;
}
