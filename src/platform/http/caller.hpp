// Who asks. A handler without a Caller (or Admin) parameter is public.
#pragma once

#include <atomic>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/base/async.hpp"
#include "platform/base/ids.hpp"
#include "platform/base/result.hpp"
#include "platform/base/time.hpp"
#include "platform/http/request.hpp"

namespace zoetrope::http {

BOOST_DEFINE_ENUM_CLASS(Role, member, admin)

// What is shown of a user everywhere.
struct Profile {
    std::string username;
    std::optional<std::string> email;
    std::optional<Instant> email_verified_at;
    Instant created_at;
};

struct Caller {
    UserId user;
    Role role = Role::member;
    std::optional<SessionId> session{};  // signed in with a password; nothing for a key
    // What a key is for, as families of routes; null: everything the user may do.
    std::shared_ptr<const std::vector<std::string>> scopes{};
    std::shared_ptr<const Profile> profile{};  // null for the local user
    // Counted up when something about the user changes; what lasts (a stream of events) looks now
    // and then whether it was. Null: nothing ever does.
    const std::atomic<std::uint64_t>* stamps{};
    std::uint64_t stamp = 0;
    std::optional<Instant> good_until{};  // the end of the token or key

    bool is_changed() const { return stamps && stamps->load(std::memory_order_acquire) != stamp; }
    bool still_stands(Instant now) const {
        return (!good_until || now < *good_until) && !is_changed();
    }
};

// A Caller who is an administrator; anybody else gets 403.
struct Admin : Caller {};

// Supplied by app: finds the caller of a request. Errors: unauthenticated, forbidden, unavailable.
class Authenticator {
  public:
    virtual ~Authenticator() = default;
    // What can be said without waiting; nothing when only find() knows.
    virtual std::optional<Result<Caller>> known(const Request& request) = 0;
    virtual Async<Result<Caller>> find(const Request& request) = 0;
};

}  // namespace zoetrope::http
