// What another process wrote reaches the listeners of this one, however the commits were ordered.
#include "features/events/follower.hpp"

#include "tests/conformance/databases.hpp"

namespace zoetrope::events {
namespace {

using testing::HasSubstr;

class Followed : public test::OnBoth {
  protected:
    Followed() {
        hub_.add(listener_);
        follower_.start();
        notices_.start();
        // What was written before the first look is for who asks for it.
        do {
            write(*db_, "first");
            hub_.publish(local_user, {});
        } while (next(std::chrono::seconds(1)).empty());
        while (!next(std::chrono::seconds(0)).empty()) {
        }
    }
    ~Followed() override {
        follower_.stop();
        notices_.stop();
    }
    void write(db::Session& db, const char* type) {
        const NewEvent event{
            .owner = local_user, .topic = "generations", .type = type, .subject = "s"
        };
        wait(append(db, event, clock_.now()));
    }
    std::string next(std::chrono::seconds time_max) {
        const auto message = wait(listener_->next(time_max));
        return message ? *message : "";
    }

    static constexpr std::chrono::seconds patience{20};
    SystemClock clock_;
    Hub hub_;
    db::Notices notices_{postgres_config_, blocking_, io_.context()};
    Follower follower_{*db_, notices_, hub_, io_.context()};
    std::shared_ptr<Listener> listener_ = std::make_shared<Listener>(
        local_user, std::vector<std::string>{"generations"}, io_.context().get_executor()
    );
};

TEST_P(Followed, misses_no_late_commit) {
    const auto slow = wait(db_->begin());
    write(*slow, "slow");
    const auto quick = wait(db_->begin());
    write(*quick, "quick");
    wait(quick->commit());
    hub_.publish(local_user, {});
    EXPECT_EQ(next(std::chrono::seconds(1)), "");  // it may not pass the one before it
    wait(slow->commit());
    hub_.publish(local_user, {});
    EXPECT_THAT(next(patience), HasSubstr("slow"));
    EXPECT_THAT(next(patience), HasSubstr("quick"));
    EXPECT_EQ(next(std::chrono::seconds(0)), "");
}

TEST_P(Followed, hears_of_what_nobody_told) {
    write(*db_, "silent");
    EXPECT_THAT(next(patience), HasSubstr("silent"));
}

INSTANTIATE_TEST_SUITE_P(On, Followed, testing::Values(test::Way::postgres), test::database_name);

}  // namespace
}  // namespace zoetrope::events
