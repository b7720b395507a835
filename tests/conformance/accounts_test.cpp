// What sign-in and refresh look up, and what the clean-up takes away, runs on its own index: with a
// hundred thousand users and a million tokens.
#include "features/accounts/clean_up.hpp"
#include "features/accounts/session_store.hpp"
#include "features/accounts/store.hpp"
#include "tests/conformance/plans.hpp"

namespace zoetrope::accounts {
namespace {

#define NUMBERS(last) \
    "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i <= " last ") "

class AccountPlans : public test::PlansOnBoth {
  protected:
    AccountPlans() {
        run("INSERT INTO users (id, username, folded_username, email, folded_email, password_hash, "
            "created_at) " NUMBERS("100000"
            ) "SELECT i, 'U' || i, 'u' || i, 'U' || i || '@x', 'u' || i || '@x', 'h', i FROM n");
        run("INSERT INTO sessions (id, owner_id, address, agent, created_at, last_seen_at, "
            "expires_at) " NUMBERS("100000") "SELECT 's' || i, i, '', '', i, i, i FROM n");
        // In parts, each of which a busy machine ends well within the statement limit.
        constexpr int tokens_max = 1'000'000, part = 100'000;
        for (int from = 0; from < tokens_max; from += part) {
            run("/* " + std::to_string(from) +  // PostgreSQL's names of statements are cut
                " */ INSERT INTO refresh_tokens (token, owner_id, token_family, revoked, "
                "created_at, expires_at) WITH RECURSIVE n (i) AS (SELECT " +
                std::to_string(from) + " UNION ALL SELECT i + 1 FROM n WHERE i < " +
                std::to_string(from + part - 1) +
                ") SELECT 't' || i, 2 + i % 100000, 's' || (2 + i % 100000), i % 10 <> 0, i, i "
                "FROM n");
        }
        run("ANALYZE");
    }
    void expect(const db::Sql& statement, std::vector<db::Value> params, const char* index) {
        const std::string plan = plan_of(statement, std::move(params));
        EXPECT_THAT(plan, testing::ContainsRegex(std::string(index) + "( |$|\n|\\))")) << plan;
        for (const char* whole : {"Seq Scan", "SCAN t ", "SCAN refresh_tokens\n"})
            EXPECT_THAT(plan, testing::Not(testing::HasSubstr(whole))) << plan;
    }
    // A text key is its table's own index; each database calls it otherwise.
    const char* token_key() const {
        return on_postgres() ? "refresh_tokens_pkey" : "sqlite_autoindex_refresh_tokens_1";
    }
};

TEST_P(AccountPlans, find_each_row_by_its_own_index) {
    const auto text = [](const char* value) { return db::Session::params(std::string(value)); };
    const auto from = [](const char* name) {
        return db::Session::params(
            std::string(name),
            std::string("127.0.0.1"),
            std::string("agent"),
            std::string("127.0.0.0/24")
        );
    };
    expect(find_by_username_statement(), from("u77"), "idx_users_username");
    expect(find_by_email_statement(), from("u77@x"), "idx_users_email");
    const TokenStatements tokens = token_statements();
    expect(tokens.find, text("t77"), token_key());
    expect(tokens.use, db::Session::params(std::string("t77"), Instant{1}), token_key());
    expect(tokens.end_family, text("s77"), "idx_refresh_tokens_token_family");
    expect(
        tokens.end_all,
        db::Session::params(UserId{77}, std::string()),
        "idx_refresh_tokens_user_revoked"
    );
    expect(
        clean_tokens_statement(),
        db::Session::params(Instant{1000}, std::int64_t(1000)),
        "idx_refresh_tokens_expires_at"
    );
}

INSTANTIATE_TEST_SUITE_P(
    On, AccountPlans, testing::Values(test::Way::sqlite, test::Way::postgres), test::database_name
);

}  // namespace
}  // namespace zoetrope::accounts
