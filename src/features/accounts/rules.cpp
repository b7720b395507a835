#include "features/accounts/rules.hpp"

#include <algorithm>

#include "platform/base/embedded.hpp"
#include "platform/base/text.hpp"

namespace zoetrope::accounts {

namespace {

constexpr std::size_t username_min = 3;
constexpr std::size_t local_part_max = 64;  // RFC 5321 section 4.5.3.1.1

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

void trim_in_place(std::string& text) {
    const std::string_view trimmed = trim_text(text);
    if (trimmed.size() != text.size()) text = std::string(trimmed);
}

bool is_domain(std::string_view domain) {
    if (domain.empty() || domain.starts_with('.') || domain.ends_with('.')) return false;
    if (domain.contains("..")) return false;
    return std::ranges::all_of(domain, [](char c) {
        return is_letter_or_digit(c) || c == '-' || c == '.';
    });
}

// What mail servers take without quoting (RFC 5322 section 3.2.3, dot-atom). No space, no line end,
// nothing that could be taken for a second address or a header.
bool is_local_part(std::string_view local) {
    if (local.empty() || local.size() > local_part_max) return false;
    return std::ranges::all_of(local, [](char c) {
        return is_letter_or_digit(c) || std::string_view(".!#$%&'*+-/=?^_`{|}~").contains(c);
    });
}

bool is_email(std::string_view email) {
    const std::size_t at = email.find('@');
    return email.size() <= email_max && at != email.npos && is_local_part(email.substr(0, at)) &&
           is_domain(email.substr(at + 1));
}

// Those of the list that was built in, in order.
const std::vector<std::string_view>& common_passwords() {
    static const std::vector<std::string_view> all = [] {
        std::vector<std::string_view> words;
        for (const embedded::File& file : embedded::passwords())
            for (std::string_view rest = file.bytes; !rest.empty();) {
                const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
                words.push_back(rest.substr(0, end));
                rest.remove_prefix(end + 1);
            }
        return words;
    }();
    return all;
}

bool is_common(std::string_view password) {
    return std::ranges::binary_search(common_passwords(), std::string_view(fold_case(password)));
}

}  // namespace

void check_username(std::string& username, json::Problems& problems) {
    trim_in_place(username);
    const bool plain = std::ranges::all_of(username, [](char c) {
        return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
    });
    if (!plain || username.size() < username_min || username.size() > username_max) {
        problems.add(
            json::Path{.key = "username"},
            "must have 3 to 64 letters (a to z), digits, dots, hyphens or underscores"
        );
    }
}

void check_email(std::string& email, json::Problems& problems) {
    trim_in_place(email);
    if (!is_email(email))
        problems.add(json::Path{.key = "email"}, "must be an address such as ann@example.com");
}

void check_password(
    std::string_view password,
    const crypto::PasswordScheme& scheme,
    json::Problems& problems,
    std::string_view field
) {
    const json::Path at{.key = field};
    if (password.size() < password_bytes_min || password.size() > password_bytes_max) {
        return problems.add(
            at, "must have at least 8 characters (and at most 1024 bytes); a few words are best"
        );
    }
    if (scheme.kind == crypto::PasswordScheme::Kind::bcrypt &&
        password.size() > crypto::bcrypt_bytes_max)
        return problems.add(at, "must have at most 72 bytes: bcrypt does not look at more");
    if (password.contains('\0')) problems.add(at, "must not contain a NUL character");
    if (is_common(password)) problems.add(at, "is among the commonest; choose another");
}

std::vector<std::string> folded_emails(std::vector<std::string> emails) {
    for (std::string& email : emails) {
        trim_in_place(email);
        if (!email.contains('@')) email.insert(0, "@");
        email = fold_case(email);
    }
    std::erase(emails, "@");
    std::ranges::sort(emails);
    return emails;
}

bool is_allowed(const std::vector<std::string>& folded, std::string_view email) {
    const std::string own = fold_case(email);
    const std::string domain = own.substr(std::min(own.find('@'), own.size()));
    return std::ranges::binary_search(folded, own) || std::ranges::binary_search(folded, domain);
}

Result<void> may_use_account(const Admission& admission, const AccountState& account) {
    if (account.is_disabled)
        return failure(Code::forbidden, "This account is disabled. Ask an administrator.");
    const bool is_listed_only =
        admission.registration == Registration::allow_list && account.role == Role::member;
    // A list of addresses means something only where an address is known to be its user's.
    if ((admission.require_verified_email || is_listed_only) && !account.is_confirmed) {
        return failure(
            Code::forbidden,
            "Confirm your address first: open the link in the mail we sent. When it has expired, "
            "set a new password by mail; that confirms the address as well."
        );
    }
    if (is_listed_only &&
        (!account.email || !is_allowed(admission.allowed_emails, *account.email))) {
        return failure(
            Code::forbidden,
            "Your address is not on the list of those who may sign in. Ask an administrator."
        );
    }
    return {};
}

Result<void> may_still_use_account(const Admission& admission, const AccountState& account) {
    auto result = may_use_account(admission, account);
    if (!result) result.error().code = Code::unauthenticated;
    return result;
}

}  // namespace zoetrope::accounts
