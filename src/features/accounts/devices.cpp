#include "features/accounts/devices.hpp"

#include "platform/base/json/read.hpp"
#include "platform/base/json/write.hpp"

namespace zoetrope::accounts {

std::string Devices::issue(UserId user, const DeviceId& device, std::int64_t epoch, Instant now)
    const {
    return key_.seal(json::to_string(DeviceToken{user, device, epoch, now}));
}

std::optional<DeviceToken> Devices::open(std::string_view text, Instant now) const {
    const auto plain = key_.open(text);
    if (!plain) return std::nullopt;
    const auto token = json::read<DeviceToken>(*plain);
    if (!token || token->issued_at + device_age_max < now) return std::nullopt;
    return *token;
}

}  // namespace zoetrope::accounts
