// Access tokens: JSON Web Tokens (RFC 7519) signed with Ed25519 (RFC 8037), and the keys that sign
// them. The newest key signs; older ones verify, and stand in the public set, until what they
// signed has ended.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "platform/base/ids.hpp"
#include "platform/base/time.hpp"
#include "platform/crypto/keys.hpp"
#include "platform/db/session.hpp"

namespace zoetrope::accounts {

// What a token says.
struct Claims {
    UserId user;
    SessionId session;
    std::int64_t epoch = 0;  // of the user, when it was made
    Instant expires_at;
};

struct Jwk {  // RFC 7517, RFC 8037 section 2
    std::string kty = "OKP";
    std::string crv = "Ed25519";
    std::string alg = "EdDSA";
    std::string use = "sig";
    std::string kid;
    std::string x;
    static constexpr std::string_view schema_name = "Jwk";
};
BOOST_DESCRIBE_STRUCT(Jwk, (), (kty, crv, alg, use, kid, x))
struct Jwks {
    std::vector<Jwk> keys;
    static constexpr std::string_view schema_name = "Jwks";
};
BOOST_DESCRIBE_STRUCT(Jwks, (), (keys))

class SigningKeys {
  public:
    SigningKeys(const crypto::Key& master, std::string audience);
    ~SigningKeys();

    // Reads them; makes the first when there is none. Throws std::runtime_error when one was sealed
    // with another master key.
    Async<void> load(db::Session& db, Instant now);
    // The same, for a token that names a key not known here; once in a few seconds, because a
    // stranger can name any.
    Async<void> load_new(db::Session& db, Instant now);
    // A new one signs from now on; those that signed nothing that is still good go.
    Async<void> rotate(db::Session& db, Instant now, std::chrono::seconds access_max);

    std::string sign(const Claims& claims, Instant now) const;
    enum class Fault : std::uint8_t { none, invalid, expired, unknown_key };
    // Any thread. `unknown_key`: another process may have made it; load() and ask again.
    Fault verify(std::string_view token, Instant now, Claims& claims) const;
    Jwks public_keys() const;

  private:
    struct Keys;
    std::shared_ptr<const Keys> keys() const { return keys_.load(std::memory_order_acquire); }

    const crypto::Key sealing_;
    const std::string audience_;
    std::atomic<std::shared_ptr<const Keys>> keys_;
    std::atomic<std::int64_t> looked_at_us_ = 0;
};

}  // namespace zoetrope::accounts
