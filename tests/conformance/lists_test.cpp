// Lists of one state, kind or status are led by an index: none walks all rows of its owner.
#include "features/generation/store.hpp"
#include "features/library/store.hpp"
#include "features/pipelines/store.hpp"
#include "tests/conformance/plans.hpp"

namespace zoetrope {
namespace {

class ListPlans : public test::PlansOnBoth {
  protected:
    // None of them is in the state that is asked for.
    void fill(const std::string& table, const std::string& columns, const std::string& values) {
        run("INSERT INTO " + table + " (owner_id, " + columns +
            ") WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
            "SELECT 1, " +
            values + " FROM n");
        if (on_postgres()) run("ANALYZE " + table);  // nobody gives SQLite statistics
    }
    void expect_led(const db::Sql& list, const char* word, const std::string& index) {
        const std::string plan = plan_of(
            list,
            db::Session::params(local_user, std::optional<std::int64_t>{}, 50, std::string(word))
        );
        EXPECT_THAT(plan, testing::HasSubstr(index)) << plan;
        EXPECT_THAT(plan, testing::Not(testing::HasSubstr("Seq Scan"))) << plan;
        EXPECT_THAT(plan, testing::Not(testing::HasSubstr("TEMP B-TREE"))) << plan;
        EXPECT_THAT(plan, testing::Not(testing::HasSubstr("Sort"))) << plan;
    }
};

TEST_P(ListPlans, of_generations_of_one_state) {
    fill(
        "generations", "id, model, state, inputs, created_at", "'0' || i, 'm', 'succeeded', '{}', i"
    );
    using generation::Order;
    for (const Order order : {Order::newest, Order::oldest})
        expect_led(generation::list_statement(true, order), "failed", "idx_generations_state");
}

TEST_P(ListPlans, of_assets_of_one_kind) {
    fill(
        "assets",
        "id, kind, media_type, name, bytes, digest, created_at",
        "'0' || i, 'image', 'image/png', 'n', 1, 'd', i"
    );
    expect_led(library::list_statement(true), "model", "idx_assets_kind");
}

TEST_P(ListPlans, of_pipelines_of_one_status) {
    fill("pipelines", "name, status, files, refused, created_at", "'n', 'succeeded', 1, 0, i");
    run("INSERT INTO steps (pipeline_id, position, model, inputs, queue) "
        "SELECT id, 0, 'm', '{}', 'q' FROM pipelines");
    if (on_postgres()) run("ANALYZE steps");
    expect_led(pipelines::list_statement(true), "failed", "idx_pipelines_status");
}

INSTANTIATE_TEST_SUITE_P(
    On, ListPlans, testing::Values(test::Way::sqlite, test::Way::postgres), test::database_name
);

}  // namespace
}  // namespace zoetrope
