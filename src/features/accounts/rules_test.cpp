// Who may use an account, and what counts as one network of a device.
#include "features/accounts/rules.hpp"

#include <gtest/gtest.h>

#include "features/accounts/new_devices.hpp"

namespace zoetrope::accounts {
namespace {

struct Row {
    Role role = Role::member;
    std::optional<std::string> email = "ann@example.com";
    std::optional<Instant> email_verified_at = Instant{1};
    std::optional<Instant> disabled_at{};
};
const Row confirmed, unconfirmed{.email_verified_at = {}}, disabled{.disabled_at = Instant{2}},
    unconfirmed_admin{.role = Role::admin, .email_verified_at = {}},
    disabled_admin{.role = Role::admin, .disabled_at = Instant{2}};

bool may(const Admission& admission, const Row& row) {
    return may_use_account(admission, state_of(row)).has_value();
}

TEST(MayUseAccount, nobody_who_is_disabled) {
    EXPECT_TRUE(may({}, confirmed));
    EXPECT_FALSE(may({}, disabled));
    EXPECT_FALSE(may({}, disabled_admin));
}

TEST(MayUseAccount, with_a_confirmed_address_where_that_is_required) {
    const Admission admission{.require_verified_email = true};
    EXPECT_TRUE(may({}, unconfirmed));
    EXPECT_TRUE(may(admission, confirmed));
    EXPECT_FALSE(may(admission, unconfirmed));
    EXPECT_FALSE(may(admission, unconfirmed_admin));
}

TEST(MayUseAccount, by_a_list_that_does_not_shut_administrators_out) {
    const Admission listed{Registration::allow_list, folded_emails({"example.com"})};
    EXPECT_TRUE(may(listed, confirmed));
    EXPECT_FALSE(may(listed, unconfirmed)) << "anybody may have written that address";
    EXPECT_TRUE(may(listed, unconfirmed_admin));
    const Admission others{Registration::allow_list, folded_emails({"other.example"})};
    EXPECT_FALSE(may(others, confirmed));
    EXPECT_TRUE(may(others, unconfirmed_admin));
}

TEST(MayUseAccount, though_registration_is_closed) {
    EXPECT_TRUE(may({Registration::closed}, unconfirmed));
}

TEST(MayUseAccount, with_what_was_issued_or_has_to_sign_in_and_hear_why) {
    const auto refused = may_still_use_account({}, state_of(disabled));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::unauthenticated);
    EXPECT_EQ(refused.error().message, may_use_account({}, state_of(disabled)).error().message);
}

TEST(DeviceNetwork, is_what_one_carrier_or_household_changes_within) {
    EXPECT_EQ(device_network("198.51.100.7"), "198.51.100.0/24");
    EXPECT_EQ(device_network("::ffff:198.51.100.7"), "198.51.100.0/24");
    EXPECT_EQ(device_network("2001:db8:1:2:3:4:5:6"), "2001:db8:1::/48");
    EXPECT_NE(device_network("2001:db8:1::1"), device_network("2001:db8:2::1"));
    EXPECT_EQ(device_network("console"), "console");
}

}  // namespace
}  // namespace zoetrope::accounts
