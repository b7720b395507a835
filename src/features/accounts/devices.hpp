// Known devices: browsers in which a user has signed in. Each holds a token in a cookie that
// outlives its session, and other people's wrong passwords do not make it wait (failures.hpp). The
// token opens nothing: a known device still needs the password.
//
// The token is sealed with a key derived from the master key, so nothing is stored. It ends with
// its age, and with the user's device epoch: at a new password and at "sign out everywhere". Every
// sign-in issues another one, which keeps the device's id: what is counted by device stays counted.
#pragma once

#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "platform/base/ids.hpp"
#include "platform/base/time.hpp"
#include "platform/crypto/keys.hpp"

namespace zoetrope::accounts {

inline constexpr std::chrono::hours device_age_max{400 * 24};  // browsers keep no cookie longer

struct DeviceToken {
    UserId user;
    DeviceId device;
    std::int64_t epoch = 0;  // the user's, when the token was issued
    Instant issued_at;
};
BOOST_DESCRIBE_STRUCT(DeviceToken, (), (user, device, epoch, issued_at))

// Thread-safe.
class Devices {
  public:
    explicit Devices(const crypto::Key& master) : key_(master.derive("devices")) {}

    std::string issue(UserId user, const DeviceId& device, std::int64_t epoch, Instant now) const;
    // nullopt for a text that is no token of ours, or too old. Whether it is of the user who signs
    // in, and of the user's epoch, is for the caller to compare.
    std::optional<DeviceToken> open(std::string_view text, Instant now) const;

  private:
    crypto::Key key_;
};

}  // namespace zoetrope::accounts
