// Who may talk to the server at all, before any route is looked at. The Host header must name this
// server (DNS rebinding), unsafe methods from a browser must come from our own pages (cross-site
// requests), and forwarded headers count only from a proxy that settings trust. In local mode
// nothing that came through a proxy is answered, and pages of other sites may not even read.
#pragma once

#include <optional>
#include <string>

#include "platform/http/config.hpp"
#include "platform/http/request.hpp"
#include "platform/http/response.hpp"

namespace zoetrope::http {

class Gate {
  public:
    explicit Gate(const BrowserRules& rules);

    // A refusal, or nothing when the request may go on.
    std::optional<Response> refuse(const Request& request) const;
    // Nobody between: a proxy on this machine shows by what it adds to a request.
    bool is_from_this_machine(const Request& request) const;
    bool is_proxy(std::string_view address) const {
        return rules_.trusted_proxies.contain(address);
    }
    // See Request::needs_local_session.
    bool needs_local_session(const Request& request) const;
    // The address of who asks, behind the proxies that settings trust.
    std::string_view client(const Request& request) const;
    // The answer to a CORS preflight of an accepted origin; `allowed` is the route's methods.
    std::optional<Response> preflight(const Request& request, std::string_view allowed) const;
    // Adds the CORS headers for an accepted origin.
    void add_cors(const Request& request, Response& response) const;
    // Header lines of every answer.
    std::string_view fixed_headers() const { return fixed_headers_; }

  private:
    std::optional<Response> refuse_locally(const Request& request) const;
    bool host_is_ours(std::string_view host) const;
    bool origin_is_ours(const Origin& origin, std::string_view host) const;
    bool origin_is_invited(std::string_view origin) const;
    bool page_may_change(const Request& request) const;

    const BrowserRules& rules_;
    std::string fixed_headers_;
};

// GET, HEAD and OPTIONS: they change nothing (RFC 9110 section 9.2.1).
bool is_safe(Method method);

}  // namespace zoetrope::http
