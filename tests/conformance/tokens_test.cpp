// Access tokens that are rightly signed, and still not to be believed; keys that processes share.
#include "features/accounts/signing_keys.hpp"
#include "tests/conformance/databases.hpp"

namespace zoetrope::accounts {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using Fault = SigningKeys::Fault;

class Tokens : public test::OnBoth {
  protected:
    Tokens() { wait(ours_.load(*db_, now_)); }
    std::string signed_at(const SigningKeys& keys, Instant at) const {
        return keys.sign({UserId{7}, SessionId::make(), 3, at + minutes(15)}, at);
    }
    Fault fault(const SigningKeys& keys, const std::string& token, Instant at) const {
        Claims claims;
        return keys.verify(token, at, claims);
    }

    const Instant now_{1'795'000'000'000'000};
    const crypto::Key master_ = crypto::Key::random();
    SigningKeys ours_{master_, "https://zoetrope.example"};
};

TEST_P(Tokens, are_for_one_audience) {
    SigningKeys others(master_, "https://other.example");
    wait(others.load(*db_, now_));
    const std::string token = signed_at(others, now_);
    EXPECT_EQ(fault(others, token, now_), Fault::none);
    EXPECT_EQ(fault(ours_, token, now_), Fault::invalid);
}

TEST_P(Tokens, are_good_from_when_they_were_made_until_they_end) {
    EXPECT_EQ(fault(ours_, signed_at(ours_, now_ + hours(1)), now_), Fault::invalid);
    const std::string token = signed_at(ours_, now_);
    EXPECT_EQ(fault(ours_, token, now_), Fault::none);
    EXPECT_EQ(fault(ours_, token, now_ + minutes(16)), Fault::expired);
}

TEST_P(Tokens, of_one_process_are_believed_by_the_others) {
    SigningKeys second(master_, "https://zoetrope.example");
    wait(second.load(*db_, now_));
    EXPECT_EQ(fault(second, signed_at(ours_, now_), now_), Fault::none);
    wait(ours_.rotate(*db_, now_ + minutes(1), minutes(15)));
    const Instant later = now_ + minutes(2);
    const std::string token = signed_at(ours_, later);
    EXPECT_EQ(fault(second, token, later), Fault::unknown_key);
    wait(second.load_new(*db_, later));
    EXPECT_EQ(fault(second, token, later), Fault::none);
}

TEST_P(Tokens, end_with_their_key) {
    const std::string token = signed_at(ours_, now_);
    wait(ours_.rotate(*db_, now_ + hours(2), minutes(15)));
    EXPECT_EQ(fault(ours_, token, now_ + minutes(1)), Fault::none) << "it still verifies";
    wait(ours_.rotate(*db_, now_ + hours(4), minutes(15)));
    EXPECT_EQ(ours_.public_keys().keys.size(), 2U);
    EXPECT_EQ(fault(ours_, token, now_ + minutes(1)), Fault::unknown_key);
}

TEST_P(Tokens, cannot_be_signed_without_the_master_key) {
    SigningKeys strangers(crypto::Key::random(), "https://zoetrope.example");
    EXPECT_THROW(wait(strangers.load(*db_, now_)), std::runtime_error);
}

INSTANTIATE_TEST_SUITE_P(
    On, Tokens, testing::Values(test::Way::sqlite, test::Way::postgres), test::database_name
);

}  // namespace
}  // namespace zoetrope::accounts
