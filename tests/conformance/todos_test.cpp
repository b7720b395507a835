// The four indexes of todos are what its four lists run on, with a hundred thousand rows.
#include "features/todos/store.hpp"
#include "tests/conformance/plans.hpp"

namespace zoetrope::todos {
namespace {

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
        const Place after;
        auto params = db::Session::params(
            local_user, after.created_at, after.id, filter.due_before, filter.q, 50, 0
        );
        if (filter.completed) params.push_back(db::to_value(*filter.completed));
        if (filter.priority) params.push_back(db::to_value(*filter.priority));
        return plan_of(list_statement(filter), std::move(params));
    }
};

TEST_P(Plans, lead_each_list_by_its_own_index) {
    const std::pair<Filter, const char*> lists[] = {
        {{}, "idx_todos_created_at"},
        {{.completed = false}, "idx_todos_completed"},
        {{.priority = 3}, "idx_todos_priority"},
        {{.completed = false, .priority = 3}, "idx_todos_completed_priority"}
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

INSTANTIATE_TEST_SUITE_P(
    On, Plans, testing::Values(test::Way::sqlite, test::Way::postgres), test::database_name
);

}  // namespace
}  // namespace zoetrope::todos
