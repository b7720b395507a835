// Nothing of a user's is forgotten when everything of the user's is handed out or erased.
#include <gmock/gmock.h>

#include "app/app.hpp"
#include "platform/db/sqlite.hpp"
#include "tests/support/support.hpp"

namespace zoetrope::app {
namespace {

struct Table {
    std::string name;
};
BOOST_DESCRIBE_STRUCT(Table, (), (name))

constexpr db::Sql owned_tables_sql{
    "test.owned_tables",
    "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c "
    "WHERE m.type = 'table' AND c.name = 'owner_id'"
};

TEST(OwnedData, names_every_table_that_has_an_owner) {
    const test::Folder folder;
    const auto values = gather({{"data", folder.path().string()}}, "");
    ASSERT_TRUE(values);
    const auto config = to_config(*values);
    ASSERT_TRUE(config);
    const auto app = App::open(*config);
    ASSERT_TRUE(app);
    std::vector<std::string> answered;
    for (const accounts::OwnedData& each : (*app)->owned_data())
        answered.insert(answered.end(), each.tables.begin(), each.tables.end());
    test::Io io;
    const auto db = db::open_sqlite({.file = config->sqlite_file()});
    std::vector<std::string> owned;
    for (Table& each : io.wait(db->all<Table>(owned_tables_sql)))
        owned.push_back(std::move(each.name));
    EXPECT_THAT(answered, testing::UnorderedElementsAreArray(owned));
}

}  // namespace
}  // namespace zoetrope::app
