// What a listener hears, and what it is spared when it does not keep up.
#include <gtest/gtest.h>

#include "features/events/events.hpp"
#include "tests/support/support.hpp"

namespace zoetrope::events {
namespace {

class ListenerTest : public testing::Test {
  protected:
    void deliver(const std::string& text) {
        listener_->deliver(std::make_shared<const std::string>(text));
    }
    // Empty when nothing came in time.
    std::string next(std::chrono::seconds patience = std::chrono::seconds(60)) {
        const auto message = io_.wait(listener_->next(patience));
        return message ? *message : "";
    }

    test::Io io_;
    std::shared_ptr<Listener> listener_ = std::make_shared<Listener>(
        local_user, std::vector<std::string>{"a", "b"}, io_.context().get_executor()
    );
};

TEST_F(ListenerTest, hears_its_own_topics_of_its_own_user) {
    EXPECT_TRUE(listener_->wants(local_user, "a"));
    EXPECT_FALSE(listener_->wants(local_user, "c"));
    EXPECT_FALSE(listener_->wants(UserId{2}, "a"));
}

TEST_F(ListenerTest, hears_messages_in_order_and_nothing_when_it_is_quiet) {
    deliver("one");
    deliver("two");
    EXPECT_EQ(next(), "one");
    EXPECT_EQ(next(), "two");
    EXPECT_EQ(next(std::chrono::seconds(0)), "");
}

TEST_F(ListenerTest, is_told_to_fetch_anew_when_it_is_too_far_behind) {
    for (int i = 0; i < 400; ++i) deliver(std::to_string(i));
    EXPECT_EQ(next(), "data: {\"type\":\"resync\"}\n\n");
    EXPECT_EQ(next(std::chrono::seconds(0)), "");
    deliver("later");
    EXPECT_EQ(next(), "later");
}

TEST_F(ListenerTest, ends) {
    listener_->end();
    EXPECT_EQ(next(), "");
    EXPECT_TRUE(listener_->ended());
}

TEST(Hub, refuses_a_user_more_streams_than_allowed_until_one_ends) {
    Hub hub(1);
    const std::chrono::seconds heartbeat{15};
    auto first = hub.open_stream(local_user, heartbeat);
    ASSERT_TRUE(first);
    const auto refused = hub.open_stream(local_user, heartbeat);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::limited);
    EXPECT_EQ(refused.error().retry_after_s, 15);
    EXPECT_TRUE(hub.open_stream(UserId{2}, heartbeat));
    first->reset();
    EXPECT_TRUE(hub.open_stream(local_user, heartbeat));
}

}  // namespace
}  // namespace zoetrope::events
