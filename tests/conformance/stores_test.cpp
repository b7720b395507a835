// The stores of the library, the generations and the events mean the same on both databases.
#include "features/events/store.hpp"
#include "features/generation/store.hpp"
#include "features/library/store.hpp"
#include "platform/queue/queue.hpp"
#include "tests/conformance/databases.hpp"

namespace zoetrope {
namespace {

using generation::Generation;
using generation::State;
using library::Asset;

constexpr UserId other{2};
constexpr Instant now{1'795'000'000'000'000};

class Stores : public test::OnBoth {
  protected:
    Stores() { run("INSERT INTO users (id, username, created_at) VALUES (2, 'other', 0)"); }
    Asset add_asset(UserId owner, library::Kind kind) {
        Asset asset{
            .id = AssetId::make(),
            .kind = kind,
            .media_type = "image/jpeg",
            .name = "Tasse 漆.jpg",
            .width = 640,
            .height = std::nullopt,
            .bytes = std::int64_t(1) << 40,
            .digest = "abc",
            .created_at = now
        };
        wait(library::insert(*db_, owner, asset));
        return asset;
    }
    Generation add_generation(UserId owner) {
        Generation made{
            .id = GenerationId::make(),
            .model = "local/relief",
            .state = State::queued,
            .inputs = {R"({"image":"x"})"},
            .created_at = now
        };
        const TaskId task = wait(queue::insert(
            *db_, {.queue = "model_generation", .kind = "generation.run", .args = {"{}"}}, now
        ));
        wait(generation::insert(*db_, owner, made, task));
        return made;
    }
};

TEST_P(Stores, keep_an_asset_for_its_owner) {
    const Asset made = add_asset(local_user, library::Kind::image);
    const auto found = wait(library::find(*db_, local_user, made.id));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->name, made.name);
    EXPECT_EQ(found->bytes, made.bytes);
    EXPECT_EQ(found->width, 640);
    EXPECT_EQ(found->height, std::nullopt);
    EXPECT_EQ(found->created_at, now);
    EXPECT_EQ(found->url, "/api/v1/assets/" + made.id.str() + "/content");
    EXPECT_EQ(wait(library::find(*db_, other, made.id)).error().code, Code::not_found);
}

TEST_P(Stores, list_assets_newest_first_page_by_page) {
    std::vector<std::string> newest_first;
    for (int i = 0; i < 5; ++i)
        newest_first.insert(
            newest_first.begin(), add_asset(local_user, library::Kind::image).id.str()
        );
    add_asset(other, library::Kind::image);
    const Asset video = add_asset(local_user, library::Kind::video);
    const auto ids = [&](std::optional<std::string> before) {
        std::vector<std::string> out;
        for (const Asset& each :
             wait(library::list(*db_, local_user, library::Kind::image, before, 3)))
            out.push_back(each.id.str());
        return out;
    };
    const std::vector first(newest_first.begin(), newest_first.begin() + 3);
    EXPECT_EQ(ids(std::nullopt), first);
    EXPECT_EQ(ids(first.back()), std::vector(newest_first.begin() + 3, newest_first.end()));
    const auto all = wait(library::list(*db_, local_user, std::nullopt, std::nullopt, 10));
    EXPECT_EQ(all.size(), 6U);
    EXPECT_EQ(all.front().id, video.id);
}

TEST_P(Stores, move_a_generation_only_along_its_states) {
    const Generation made = add_generation(local_user);
    const TaskId task = wait(generation::list_queued(*db_, {made.id})).at(0).task_id;
    EXPECT_FALSE(wait(generation::mark_running(*db_, made.id, TaskId{task.value + 1}, now)))
        << "by a task that it no longer has";
    EXPECT_FALSE(wait(generation::mark_succeeded(*db_, made.id, task, std::nullopt, now)));
    EXPECT_TRUE(wait(generation::mark_running(*db_, made.id, task, now)));
    EXPECT_TRUE(wait(generation::mark_running(*db_, made.id, task, now))) << "taken up again";
    EXPECT_EQ(wait(generation::mark_cancelled(*db_, other, made.id, now)), std::nullopt);
    EXPECT_TRUE(wait(generation::mark_succeeded(*db_, made.id, task, "a note", now)));
    EXPECT_FALSE(wait(generation::mark_failed(*db_, made.id, task, "late", now)));
    EXPECT_EQ(wait(generation::mark_cancelled(*db_, local_user, made.id, now)), std::nullopt);
    const auto found = wait(generation::find_row(*db_, local_user, made.id));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->state, State::succeeded);
    EXPECT_EQ(found->note, "a note");
    EXPECT_EQ(found->inputs, made.inputs);
}

TEST_P(Stores, list_generations_with_their_outputs_in_order) {
    const Generation first = add_generation(local_user);
    const Generation second = add_generation(local_user);
    add_generation(other);
    const Asset poster = add_asset(local_user, library::Kind::image);
    const Asset video = add_asset(local_user, library::Kind::video);
    wait(generation::add_output(*db_, first.id, 1, generation::Role::poster, poster.id));
    wait(generation::add_output(*db_, first.id, 0, generation::Role::video, video.id));
    const auto listed = wait(generation::list(*db_, local_user, State::queued, std::nullopt, 10));
    ASSERT_EQ(listed.size(), 2U);
    EXPECT_EQ(listed[0].id, second.id);
    EXPECT_TRUE(listed[0].outputs.empty());
    ASSERT_EQ(listed[1].outputs.size(), 2U);
    EXPECT_EQ(listed[1].outputs[0].id, video.id);
    EXPECT_EQ(listed[1].outputs[0].role, generation::Role::video);
    EXPECT_EQ(listed[1].outputs[1].id, poster.id);
    EXPECT_TRUE(wait(generation::list(*db_, local_user, State::failed, std::nullopt, 10)).empty());
}

TEST_P(Stores, remember_one_cut_out_for_a_picture) {
    wait(generation::remember_matte(*db_, "digest", {.accepted = true, .mask_digest = "first"}));
    wait(generation::remember_matte(*db_, "digest", {.accepted = false, .mask_digest = "second"}));
    const auto matte = wait(generation::find_matte(*db_, "digest"));
    ASSERT_TRUE(matte);
    EXPECT_TRUE(matte->accepted);
    EXPECT_EQ(matte->mask_digest, "first");
    EXPECT_FALSE(wait(generation::find_matte(*db_, "another")));
}

TEST_P(Stores, tell_each_owner_what_happened_in_order) {
    const auto tell = [&](UserId owner, const char* type) {
        return wait(events::append(
            *db_, {.owner = owner, .topic = "assets", .type = type, .subject = "s"}, now
        ));
    };
    const auto first = tell(local_user, "asset.created");
    tell(other, "asset.created");
    const auto second = tell(local_user, "asset.erased");
    EXPECT_LT(first.id.value, second.id.value);
    const auto after = wait(events::list_after(*db_, local_user, first.id, 10));
    ASSERT_EQ(after.size(), 1U);
    EXPECT_EQ(after[0].type, "asset.erased");
    EXPECT_EQ(after[0].data.text, "{}");
    EXPECT_EQ(wait(events::list_after(*db_, local_user, EventId{0}, 10)).size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(On, Stores, test::both_databases(), test::database_name);

}  // namespace
}  // namespace zoetrope
