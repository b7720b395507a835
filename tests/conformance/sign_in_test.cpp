// Who waits after wrong passwords, by a clock that the test moves: nobody for long because of
// others, and whoever guesses for most of the time (docs/decisions/0014).
#include "features/accounts/sign_in.hpp"

#include "features/accounts/checks.hpp"
#include "tests/conformance/databases.hpp"

namespace zoetrope::accounts {
namespace {

using std::chrono::seconds;

constexpr const char* right = "correct horse battery staple";
constexpr const char* wrong = "not it at all";

// What an attempt answered, all that its sender sees of it.
struct Seen {
    bool is_in = false;
    Code code{};
    std::string message;
    int wait_s = 0;
    std::int64_t limit = 0;
    std::int64_t remaining = 0;
    std::string device_token;
    bool operator==(const Seen&) const = default;
};

class SignIn : public test::OnBoth {
  protected:
    SignIn() {
        const Registering ann{"ann@example.com", "ann", right, std::nullopt};
        EXPECT_TRUE(wait(make_account(accounts_, ann, {Role::admin, true, true}, {})));
        wait(load_keys());
    }
    ~SignIn() override { wait(wait(db_->begin())->commit()); }  // failures are noted after answers

    Async<bool> load_keys() {
        co_await refresh(accounts_);
        co_return true;
    }
    Seen try_once(
        const std::string& address,
        const std::string& name,
        const char* password,
        const std::string& device = ""
    ) {
        const Client client{
            .address = address,
            .networks = limits::networks_of(address),
            .agent = "test",
            .device_token = device
        };
        limits::Quota quota;
        const auto made = wait(sign_in(accounts_, name, password, client, quota));
        Seen seen{.is_in = made.has_value(), .limit = quota.limit, .remaining = quota.remaining};
        if (made) {
            seen.device_token = made->device_token;
        } else {
            seen.code = made.error().code;
            seen.message = made.error().message;
            seen.wait_s = made.error().retry_after_s;
            EXPECT_LE(seen.wait_s, 30);
        }
        return seen;
    }
    DeviceToken token(const std::string& text) {
        return accounts_.devices.open(text, clock_.now()).value();
    }
    bool is_checked(const std::string& address, const std::string& name) {
        return try_once(address, name, wrong).code == Code::unauthenticated;
    }
    // How many passwords are checked in an hour of one who waits no longer than asked.
    int guesses_in_an_hour(const std::function<std::string(int)>& address) {
        const Instant end = clock_.now() + std::chrono::hours(1);
        int guesses = 0;
        for (int i = 0; clock_.now() < end; ++i) {
            const Seen seen = try_once(address(i), "ann", wrong);
            guesses += seen.code == Code::unauthenticated;
            clock_.advance(seconds(seen.wait_s));
        }
        return guesses;
    }
    // Fails until the next attempt has to wait at least so long.
    int fail_until_wait(int wait_s) {
        while (true) {
            const Seen seen = try_once("203.0.113.1", "ann", wrong);
            if (seen.wait_s >= wait_s) return seen.wait_s;
            clock_.advance(seconds(seen.wait_s));
        }
    }
    // At the first attempt, or at the second after the wait that it was told.
    void expect_in_soon(const std::string& address) {
        Seen seen = try_once(address, "ann", right);
        if (!seen.is_in) {
            clock_.advance(seconds(seen.wait_s));
            seen = try_once(address, "ann", right);
        }
        EXPECT_TRUE(seen.is_in) << seen.message;
        // The place is not known any more.
        wait(sign_out_everywhere(accounts_, local_user, false, {}));
    }

    test::ManualClock clock_;
    queue::Node node_{{.alone = !on_postgres()}, *db_, io_.context()};
    queue::Handlers handlers_;
    queue::Pools pools_{{}, handlers_, node_, *db_, clock_, io_.context()};
    mail::Mailer mailer_{{.outbox = folder_ / "outbox"}, blocking_, clock_};
    const crypto::Key master_ = crypto::Key::random();
    Accounts accounts_{
        {.scheme = {.memory_bytes = 1024 * 1024, .passes = 1}},
        {.master = master_,
         .db = *db_,
         .clock = clock_,
         .mailer = mailer_,
         .pools = pools_,
         .files = blocking_,
         .cores = 1}
    };
};

TEST_P(SignIn, is_possible_while_somebody_elsewhere_guesses_each_second) {
    for (int second = 0; second < 44; ++second) {
        try_once("203.0.113.1", second % 2 ? "ann" : "ann@example.com", wrong);
        clock_.advance(seconds(1));
        EXPECT_TRUE(try_once("198.51.100." + std::to_string(second), "ann", right).is_in) << second;
        wait(sign_out_everywhere(accounts_, local_user, false, {}));
    }
}

TEST_P(SignIn, is_possible_while_a_hundred_networks_guess_each_second) {
    int network = 0;
    const auto guess = [&] {
        const int i = network++;
        try_once("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250), "ann", wrong);
    };
    for (int i = 0; i < 60; ++i) guess();
    for (int second = 0; second < 3; ++second) {
        for (int i = 0; i < 100; ++i) guess();
        clock_.advance(seconds(1));
        expect_in_soon("198.51.100." + std::to_string(second));
    }
    EXPECT_FALSE(is_checked("198.51.100.99", "ann"))
        << "a new network waits before its first guess";
}

TEST_P(SignIn, is_not_kept_from_the_others_of_a_network_that_tried_many_names) {
    for (int i = 0; i < 100; ++i) try_once("198.51.100.1", "name" + std::to_string(i), wrong);
    expect_in_soon("198.51.100.1");
}

TEST_P(SignIn, is_possible_from_a_known_device_whatever_its_network_does) {
    std::string latest = try_once("198.51.100.1", "ann", right).device_token;
    for (int second = 0; second < 44; ++second) {
        for (int i = 0; i < 3; ++i) {
            try_once("198.51.100.1", "ann", wrong);
            try_once("198.51.100.1", "name" + std::to_string(second * 10 + i), wrong);
        }
        const Seen seen = try_once("198.51.100.1", "ann", right, latest);
        ASSERT_TRUE(seen.is_in) << seen.message;
        EXPECT_NE(std::exchange(latest, seen.device_token), seen.device_token);
        clock_.advance(seconds(4));
    }
}

TEST_P(SignIn, counts_the_wrong_passwords_of_a_known_device_for_it_alone) {
    const std::string device = try_once("198.51.100.1", "ann", right).device_token;
    for (int i = 0; i < 6; ++i) try_once("198.51.100.1", "ann", wrong, device);
    EXPECT_EQ(try_once("198.51.100.1", "ann", right, device).code, Code::limited);
    EXPECT_TRUE(try_once("198.51.100.1", "ann", right).is_in);
}

TEST_P(SignIn, is_possible_where_the_user_has_a_session_whatever_its_network_does) {
    ASSERT_TRUE(try_once("198.51.100.1", "ann", right).is_in);
    for (int i = 0; i < 100; ++i) try_once("198.51.100.1", "name" + std::to_string(i), wrong);
    EXPECT_FALSE(try_once("198.51.100.1", "ben", wrong).code == Code::unauthenticated);
    EXPECT_TRUE(try_once("198.51.100.1", "ann", right).is_in);
}

TEST_P(SignIn, counts_what_a_device_does_however_often_its_token_changes) {
    std::string latest = try_once("198.51.100.1", "ann", right).device_token;
    const DeviceId device = token(latest).device;
    int signed_in = 0;
    while (true) {
        const Seen seen = try_once("198.51.100.1", "ann", right, latest);
        if (!seen.is_in) break;
        EXPECT_NE(std::exchange(latest, seen.device_token), seen.device_token);
        EXPECT_EQ(token(latest).device, device);
        ASSERT_LE(++signed_in, 20);
    }
    EXPECT_GT(signed_in, 1);
}

TEST_P(SignIn, leaves_the_hashing_queue_to_others_when_one_user_is_busy) {
    const std::string device = try_once("198.51.100.1", "ann", right).device_token;
    const UserId ann = token(device).user;
    std::vector<limits::OpenPerUser::Permit> busy;
    while (auto permit = accounts_.known_checks.take(ann)) busy.push_back(std::move(permit));
    EXPECT_EQ(try_once("198.51.100.1", "ann", right, device).code, Code::limited);
    EXPECT_TRUE(try_once("198.51.100.2", "ann", right).is_in) << "a stranger's is another line";
    const auto hashed = wait(hash_known(accounts_, ann, right));
    EXPECT_EQ(hashed ? Code{} : hashed.error().code, Code::limited);
    busy.clear();
    EXPECT_TRUE(try_once("198.51.100.1", "ann", right, device).is_in);
}

TEST_P(SignIn, knows_a_device_for_one_account_and_until_its_epoch_ends) {
    const Registering bob{"bob@example.com", "bob", right, std::nullopt};
    ASSERT_TRUE(wait(make_account(accounts_, bob, {}, {})));
    const std::string bobs = try_once("203.0.113.7", "bob", right).device_token;
    const std::string anns = try_once("203.0.113.8", "ann", right).device_token;
    for (int i = 0; i < 6; ++i) try_once("198.51.100.1", "ann", wrong);
    const auto in = [&](const std::string& device) {
        return try_once("198.51.100.1", "ann", right, device).is_in;
    };
    EXPECT_FALSE(in(bobs));
    EXPECT_FALSE(in(anns + "x"));
    EXPECT_FALSE(in(crypto::Key::random().seal("{}")));
    EXPECT_TRUE(in(anns));
    wait(sign_out_everywhere(accounts_, local_user, false, {}));
    EXPECT_FALSE(in(anns));
    Client client{.address = "198.51.100.2", .networks = {}, .agent = ""};
    const std::string old = try_once("198.51.100.9", "ann", right).device_token;
    const auto change = [&](const char* from, const char* to, const std::string& device) {
        client.device_token = device;
        return wait(change_password(accounts_, local_user, std::nullopt, from, to, false, client));
    };
    const auto changed = change(right, "another password", old);
    ASSERT_TRUE(changed);
    EXPECT_FALSE(in(old));
    EXPECT_EQ(token(*changed).device, token(old).device) << "who changed it stays known";
    for (const std::string& others : {bobs, old, std::string()})
        EXPECT_EQ(change("another password", "another password", others).value_or("none"), "");
    ASSERT_TRUE(wait(replace_password(accounts_, local_user, right, client)));
    EXPECT_FALSE(in(old));
    EXPECT_FALSE(in(*changed));
    const std::string before = try_once("198.51.100.9", "ann", right).device_token;
    const auto kept = change(right, right, before);
    ASSERT_TRUE(kept);
    EXPECT_TRUE(in(*kept));
    const std::string fresh = try_once("198.51.100.9", "ann", right).device_token;
    EXPECT_TRUE(in(fresh));
    clock_.advance(device_age_max + seconds(1));
    for (int i = 0; i < 6; ++i) try_once("198.51.100.1", "ann", wrong);
    EXPECT_FALSE(in(fresh));
}

TEST_P(SignIn, waits_little_for_neighbours_in_a_wide_network_of_ipv6) {
    for (int i = 0; i < 60; ++i) try_once("10.0.0." + std::to_string(i), "ann", wrong);
    const auto neighbour = [&] { try_once("2001:db8:1:1::1", "ann", wrong); };
    for (int second = 0; second < 100; ++second) {
        neighbour();
        clock_.advance(seconds(1));
    }
    const std::string home = "2001:db8:1:ff00::1";
    int waited_s = try_once(home, "ann", right).wait_s;
    for (int second = 0; second < waited_s; ++second) {
        clock_.advance(seconds(1));
        neighbour();
    }
    for (Seen seen = try_once(home, "ann", right); !seen.is_in;
         seen = try_once(home, "ann", right)) {
        clock_.advance(seconds(seen.wait_s));
        waited_s += seen.wait_s;
    }
    EXPECT_LE(waited_s, 17);
}

TEST_P(SignIn, checks_few_guesses_of_one_network) {
    EXPECT_LE(guesses_in_an_hour([](int) { return "203.0.113.1"; }), 140);
}

TEST_P(SignIn, checks_few_guesses_of_one_site_of_ipv6) {
    const auto address = [](int i) {  // another /64, and another /56, each time
        char text[40];
        std::snprintf(text, sizeof(text), "2001:db8:1:%x::1", unsigned(i) * 0x101 & 0xffff);
        return std::string(text);
    };
    EXPECT_LE(guesses_in_an_hour(address), 220);
    expect_in_soon("2001:db8:2::1");
}

TEST_P(SignIn, admits_one_of_many_attempts_that_arrive_when_a_wait_ends) {
    clock_.advance(seconds(fail_until_wait(30)));
    const Client client{
        .address = "203.0.113.1", .networks = limits::networks_of("203.0.113.1"), .agent = ""
    };
    const std::string name = "ann";  // the coroutines refer to them
    const std::string password = wrong;
    std::vector<limits::Quota> quotas(20);
    std::vector<std::future<Result<SignedIn>>> crowd;
    for (limits::Quota& quota : quotas) {
        crowd.push_back(asio::co_spawn(
            io_.context().get_executor(),
            sign_in(accounts_, name, password, client, quota),
            asio::use_future
        ));
    }
    int checked = 0;
    for (auto& each : crowd) checked += each.get().error().code == Code::unauthenticated;
    EXPECT_EQ(checked, 1);
}

TEST_P(SignIn, costs_nothing_while_it_has_to_wait) {
    for (int left_s = fail_until_wait(4); left_s > 0; --left_s) {
        const std::int64_t before = try_once("203.0.113.1", "ann", wrong).remaining;
        for (int i = 0; i < 100; ++i) {
            const Seen seen = try_once("203.0.113.1", "ann", wrong);
            EXPECT_EQ(seen.wait_s, left_s);
            EXPECT_EQ(seen.remaining, before);
        }
        clock_.advance(seconds(1));
    }
    EXPECT_TRUE(try_once("203.0.113.1", "ann", right).is_in);
}

// Each sequence from a network of its own. At one of them ann is signed in.
TEST_P(SignIn, does_not_tell_who_has_an_account) {
    const Client here{
        .address = "203.0.113.1", .networks = limits::networks_of("192.0.2.1"), .agent = ""
    };
    limits::Quota quota;
    ASSERT_TRUE(wait(sign_in(accounts_, "ann", right, here, quota)));
    const std::vector<std::vector<std::string>> sequences{
        {"nobody", "nobody@example.com"}, {"ann", "ann@example.com"}, {"ann", "nobody@example.com"}
    };
    std::vector<std::vector<Seen>> alone(3);
    std::vector<std::vector<Seen>> alternating(3);
    for (int i = 0; i < 40; ++i) {
        for (std::size_t k = 0; k < sequences.size(); ++k) {
            const std::string network = "." + std::to_string(k);
            alone[k].push_back(try_once("203.0.113" + network, sequences[k][0], wrong));
            alternating[k].push_back(try_once("203.0.112" + network, sequences[k][i % 2], wrong));
        }
        clock_.advance(seconds(i % 5));
    }
    for (std::size_t k = 1; k < sequences.size(); ++k) {
        EXPECT_TRUE(alone[k] == alone[0]) << sequences[k][0];
        EXPECT_TRUE(alternating[k] == alternating[0]) << sequences[k][0] << sequences[k][1];
    }
}

TEST_P(SignIn, is_nothing_that_strangers_keep_the_signed_in_from_confirming) {
    for (int i = 0; i < 100; ++i) {
        try_once("203.0.113." + std::to_string(i), "ann", wrong);
        try_once("203.0.113.1", "ann", wrong);
    }
    EXPECT_TRUE(wait(confirm_password(accounts_, local_user, right, "password")));
    for (int i = 0; i < 6; ++i)
        EXPECT_FALSE(wait(confirm_password(accounts_, local_user, wrong, "password")));
    const auto refused = wait(confirm_password(accounts_, local_user, right, "password"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::limited);
    clock_.advance(seconds(30));
    EXPECT_TRUE(wait(confirm_password(accounts_, local_user, right, "password")));
}

INSTANTIATE_TEST_SUITE_P(
    On, SignIn, testing::Values(test::Way::sqlite, test::Way::postgres), test::database_name
);

}  // namespace
}  // namespace zoetrope::accounts
