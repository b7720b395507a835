// The four indexes of todos are what its four lists run on, with a hundred thousand rows.
#include <map>

#include "features/todos/search.hpp"
#include "features/todos/store.hpp"
#include "platform/base/text.hpp"
#include "tests/conformance/plans.hpp"

namespace zoetrope::todos {
namespace {

struct Counted {
    std::int64_t id = 0;
};
BOOST_DESCRIBE_STRUCT(Counted, (), (id))

class Plans : public test::PlansOnBoth {
  protected:
    Plans() {
        run("INSERT INTO todos (owner_id, title, description, priority, due_date, completed, "
            "created_at, version, "
            "folded_title, folded_description) "
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
            "SELECT 1, 'todo', '', i % 10, NULL, i % 3 = 0, i * 1000, 1, 'todo', '' FROM n");
    }

    using PlansOnBoth::plan_of;
    std::string plan_of(const Filter& filter) {
        auto [sql, params] = question_of(db_->dialect(), local_user, filter, Place{}, 50, 0);
        return plan_of(sql, std::move(params));
    }
};

TEST_P(Plans, lead_each_list_by_its_own_index) {
    const std::pair<Filter, const char*> lists[] = {
        {{}, "idx_todos_created_at"},
        {{.completed = false}, "idx_todos_completed"},
        {{.priority = 3}, "idx_todos_priority"},
        {{.completed = false, .priority = 3}, "idx_todos_completed_priority"},
        {{.completed = false, .q = "ab"}, "idx_todos_completed"}
    };
    run("ANALYZE todos");
    for (const auto& [filter, index] : lists) {
        const std::string plan = plan_of(filter);
        EXPECT_THAT(plan, testing::ContainsRegex(std::string(index) + "( |$|\n)")) << plan;
        EXPECT_THAT(plan, testing::Not(testing::HasSubstr("Seq Scan"))) << plan;
        EXPECT_THAT(plan, testing::Not(testing::HasSubstr("TEMP B-TREE"))) << plan;
        EXPECT_THAT(plan, testing::Not(testing::HasSubstr("Sort"))) << plan;
    }
}

// By the index of texts, and the one of those that are not in it.
TEST_P(Plans, search_by_the_index_of_texts) {
    run("UPDATE todos SET is_indexed = true WHERE id > 10");
    if (on_postgres()) run("ANALYZE todos");
    const std::string plan = plan_of(Filter{.completed = false, .priority = 3, .q = "milk"});
    if (on_postgres()) {
        EXPECT_THAT(plan, testing::HasSubstr("Bitmap Index Scan on idx_todos_search")) << plan;
        EXPECT_THAT(plan, testing::HasSubstr("idx_todos_unindexed")) << plan;
        EXPECT_THAT(plan, testing::Not(testing::HasSubstr("Seq Scan"))) << plan;
    } else {
        EXPECT_THAT(plan, testing::HasSubstr("USING INTEGER PRIMARY KEY (rowid=?)")) << plan;
        EXPECT_THAT(plan, testing::HasSubstr("todo_search VIRTUAL TABLE INDEX 0:M1")) << plan;
        EXPECT_THAT(plan, testing::HasSubstr("idx_todos_unindexed (owner_id=?)")) << plan;
        EXPECT_THAT(plan, testing::Not(testing::HasSubstr("idx_todos_created_at"))) << plan;
    }
}

// Words that a todo has, but not together, are no match of PostgreSQL's index either.
// SQLite's trigrams reach over spaces by themselves.
using PostgresPlans = Plans;
TEST_P(PostgresPlans, tell_by_the_index_alone_what_stands_together) {
    run("UPDATE todos SET folded_title = 'buy milk, and bread', is_indexed = true WHERE id <= 500");
    auto [sql, params] =
        question_of(db_->dialect(), local_user, Filter{.q = "bread and milk"}, Place{}, 50, 0);
    const std::string ran =
        "(ANALYZE, COSTS off, TIMING off, SUMMARY off) " + std::string(sql.postgres);
    const std::string plan = plan_of({sql.name, ran}, std::move(params));
    EXPECT_THAT(plan, testing::ContainsRegex("idx_todos_search .actual rows=0 ")) << plan;
}

// Nobody gives SQLite statistics, so neither does this.
TEST_P(Plans, find_the_rows_to_change_by_their_ids) {
    if (on_postgres()) run("ANALYZE todos");
    std::vector<db::Value> update = db::Session::params(local_user, std::string("[1,2]"));
    update.resize(11);
    std::vector<db::Value> remove = db::Session::params(local_user, std::string("[1,2]"));
    remove.resize(3);
    const char* by_id = on_postgres() ? "todos_pkey" : "USING INTEGER PRIMARY KEY";
    for (const std::string& plan :
         {plan_of(update_statement(), update), plan_of(delete_statement(), remove)}) {
        EXPECT_THAT(plan, testing::HasSubstr(by_id)) << plan;
        EXPECT_THAT(plan, testing::Not(testing::HasSubstr("idx_todos"))) << plan;
    }
}

// A search finds what looking through all todos finds, whatever of them is indexed by then.
class Search : public test::OnBoth {
  protected:
    struct Text {
        std::string title, description;
    };
    void add(TodoId id, Text text, UserId owner = local_user) {
        Todo todo{.id = id, .title = text.title, .description = text.description};
        todo.created_at = Instant{id.value};
        wait(insert(*db_, owner, todo));
        if (owner == local_user) texts_[id.value] = std::move(text);
    }
    void change(TodoId id, std::string title) {
        TodoChanges changes{.title = {title}};
        EXPECT_EQ(wait(update(*db_, local_user, {&id, 1}, changes, std::nullopt)).size(), 1U);
        texts_[id.value].title = std::move(title);
    }
    void remove_one(TodoId id) {
        EXPECT_EQ(wait(remove(*db_, local_user, {&id, 1}, std::nullopt)), 1);
        texts_.erase(id.value);
    }
    void index() {
        UserId last_owner{};
        while (wait(index_some(*db_, last_owner)) > 0) continue;
    }
    std::vector<std::int64_t> found(const std::string& q) {
        std::vector<std::int64_t> ids;
        for (const Todo& todo : wait(list(*db_, local_user, Filter{.q = q}, Place{}, 200, 0)))
            ids.push_back(todo.id.value);
        return ids;
    }
    std::vector<std::int64_t> looked_through(const std::string& q) {
        std::vector<std::int64_t> ids;
        const auto has = [&](const std::string& text) {
            return fold_case(text).find(fold_case(q)) != std::string::npos;
        };
        for (const auto& [id, text] : texts_)
            if (has(text.title) || has(text.description)) ids.insert(ids.begin(), id);
        return ids;
    }
    void expect_exact() {
        for (const char* q :
             {"milk",
              "MILK",
              "stra\u00dfe",
              "STRASSE",
              "100%",
              "a_b",
              "a\\b",
              "say \"hi\"",
              "\"",
              "'or''",
              "AND",
              "mil* OR",
              "\u65e5\u672c",
              "\u65e5\u672c\u8a9e",
              "\U0001f95b",
              "x\U0010ffff",
              "\U0010ffff\U000f0000\U000f0001",
              "gone",
              "new",
              "k\nm",
              "milk and",
              "e] [f",
              "l\nk",
              "q b",
              "zzz",
              "%%%"})
            EXPECT_EQ(found(q), looked_through(q)) << q;
    }

    std::map<std::int64_t, Text> texts_;
};

TEST_P(Search, indexes_the_todos_of_all_owners_in_turns) {
    run("INSERT INTO users (id, username, created_at) VALUES (2, 'two', 0)");
    for (std::int64_t id = 1; id <= 600; ++id) add(TodoId{id}, {"one of many", ""});
    add(TodoId{900}, {"one of few", ""}, UserId{2});
    constexpr db::Sql unindexed_sql{
        "test.unindexed", "SELECT count(*) AS id FROM todos WHERE owner_id = 2 AND NOT is_indexed"
    };
    UserId last_owner{};
    for (int i = 0; i < 2; ++i) EXPECT_GT(wait(index_some(*db_, last_owner)), 0U);
    EXPECT_EQ(wait(db_->one<Counted>(unindexed_sql))->id, 0);
}

TEST_P(Search, finds_what_looking_through_all_todos_finds) {
    run("INSERT INTO users (id, username, created_at) VALUES (2, 'two', 0)");
    const char* texts[] = {
        "Milk",
        "buy milk and more",
        "Stra\u00dfe",
        "in der STRASSE",
        "100% sure",
        "100 sure",
        "a_b",
        "axb",
        "a\\b",
        "she said: say \"hi\"",
        "'or'' 1",
        "and so on AND",
        "mil* OR \"x\"",
        "\u65e5\u672c",
        "\u65e5\u672c\u8a9e\u306e\u672c",
        "a glass \U0001f95b of it",
        "x\U0010ffff\U000f0000\U000f0001 is no owner's mark",
        "it will be gone",
        "every sign ]!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ e] [f",
        "a\tb q b",
        "k"
    };
    std::int64_t next = 1;
    for (const char* text : texts) add(TodoId{next++}, {text, ""});
    add(TodoId{next++}, {"ends with mil", "k begins"});
    add(TodoId{next++}, {"no", "a description with milk"});
    add(TodoId{900}, {"milk of another", "stra\u00dfe"}, UserId{2});
    expect_exact();
    index();
    expect_exact();
    change(TodoId{1}, "Bread");  // found no more
    change(TodoId{8}, "new milk");
    remove_one(TodoId{18});
    add(TodoId{next++}, {"another new Milk", ""});
    expect_exact();
    index();
    expect_exact();
    change(TodoId{8}, "milk as before");
    change(TodoId{1}, "milk again");
    remove_one(TodoId{1});
    index();
    expect_exact();
    if (!on_postgres()) {
        constexpr db::Sql in_index_sql{"test.in_index", "SELECT count(*) AS id FROM todo_search"};
        EXPECT_EQ(wait(db_->one<Counted>(in_index_sql))->id, std::ssize(texts_) + 1);
    }
}

// The first is in the latest, the other is found by the index.
TEST_P(Search, pages_through_what_is_common_and_what_is_rare) {
    run("INSERT INTO todos (id, owner_id, title, description, priority, due_date, completed, "
        "created_at, version, folded_title, folded_description) "
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
        "SELECT i, 1, 'common', '', 0, NULL, false, i, 1, 'common', "
        "CASE WHEN i % 100 = 0 THEN 'rare' ELSE '' END FROM n");
    index();
    for (const auto& [q, each] : {std::pair{"common", 1}, std::pair{"rare", 100}}) {
        const Filter filter{.q = q};
        const auto first = wait(list(*db_, local_user, filter, Place{}, 30, 0));
        ASSERT_EQ(first.size(), 30U) << q;
        EXPECT_EQ(first.back().id.value, 5000 - 29 * each);
        const Place after{first.back().created_at, first.back().id};
        EXPECT_EQ(
            wait(list(*db_, local_user, filter, after, 30, 0)).front().id.value, 5000 - 30 * each
        );
        EXPECT_EQ(
            wait(list(*db_, local_user, filter, Place{}, 30, 3)).front().id.value, 5000 - 3 * each
        );
    }
}

INSTANTIATE_TEST_SUITE_P(On, Search, test::both_databases(), test::database_name);

INSTANTIATE_TEST_SUITE_P(
    On, PostgresPlans, testing::Values(test::Way::postgres), test::database_name
);

INSTANTIATE_TEST_SUITE_P(
    On, Plans, testing::Values(test::Way::sqlite, test::Way::postgres), test::database_name
);

}  // namespace
}  // namespace zoetrope::todos
