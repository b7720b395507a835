// The words of the mails. Private to accounts.
#pragma once

#include "platform/mail/mail.hpp"

namespace zoetrope::accounts {

mail::Message verify_mail(const std::string& username, const std::string& link);
mail::Message reset_mail(const std::string& username, const std::string& link);
mail::Message new_device_mail(
    const std::string& username, const std::string& agent, const std::string& address, Instant at
);
mail::Message new_key_mail(
    const std::string& username,
    const std::string& name,
    const std::string& agent,
    const std::string& address,
    Instant at
);

}  // namespace zoetrope::accounts
