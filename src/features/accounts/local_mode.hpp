// Local mode: who is let in while there are no accounts. A browser is, by a cookie that it gets for
// the link that `serve` prints (and leaves in the data folder, for `zoetrope link`); any other
// program is, when it runs on this machine as the server's user or as root and nothing says that it
// passes on what somebody else asked. docs/decisions/0017 says what that guards against.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/base/offload.hpp"
#include "platform/crypto/keys.hpp"
#include "platform/http/request.hpp"

namespace zoetrope::accounts {

inline constexpr std::string_view local_cookie = "zt_local";

class LocalMode {
  public:
    LocalMode(const crypto::Key& master, Offload& files);

    // The secret of the link. Good until there is an account, on every start with the same master
    // key.
    const std::string& link_token() const { return link_token_; }
    bool is_link_token(std::string_view text) const;
    // The header line that opens the studio to a browser.
    std::string cookie_line() const;

    // What can be said without waiting; nothing when only look_up() knows.
    std::optional<Result<void>> known(const http::Request& request) const;
    // Looks up the user of the connection's peer first, which the connection then remembers.
    Async<Result<void>> look_up(const http::Request& request) const;

  private:
    Offload& files_;
    const std::string link_token_;
    const std::string session_;  // the cookie's value
};

}  // namespace zoetrope::accounts
