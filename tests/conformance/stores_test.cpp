// The stores of the library, the generations and the events mean the same on both databases.
#include "features/events/store.hpp"
#include "features/generation/store.hpp"
#include "features/library/store.hpp"
#include "platform/base/json/read.hpp"
#include "platform/queue/queue.hpp"
#include "tests/conformance/databases.hpp"

#include <boost/asio/use_future.hpp>
#include <future>
#include <set>

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

constexpr std::int64_t piece_bytes = 1000;

Asset a_piece() {
    return {
        .id = AssetId::make(),
        .media_type = "image/bmp",
        .name = "p.bmp",
        .bytes = piece_bytes,
        .digest = "abc",
        .created_at = now
    };
}

Async<bool> add_piece(db::Pool& db, const library::Quota& quota) {
    const std::vector assets{a_piece()};
    const auto added = co_await db::transact(db, [&](db::Transaction& transaction) {
        return library::add(transaction, quota, other, assets, now);
    });
    EXPECT_TRUE(added || added.error().code == Code::over_quota);
    co_return added.has_value();
}

TEST_P(Stores, count_what_a_user_keeps_up_to_the_limit_however_many_come_together) {
    const library::Quota quota(10 * piece_bytes);
    std::vector<std::future<bool>> adding;
    for (int i = 0; i < 20; ++i) {
        adding.push_back(
            asio::co_spawn(io_.context().get_executor(), add_piece(*db_, quota), asio::use_future)
        );
    }
    int added = 0;
    for (auto& each : adding) added += each.get();
    EXPECT_EQ(added, 10);
    EXPECT_EQ(wait(library::usage(*db_, quota, other)).bytes_used, 10 * piece_bytes);
    EXPECT_EQ(wait(library::list(*db_, other, std::nullopt, std::nullopt, 50)).size(), 10U);
    wait(library::insert(*db_, other, a_piece()));
    EXPECT_EQ(wait(library::usage(*db_, quota, other)).bytes_used, 11 * piece_bytes)
        << "what was made is kept, whatever the quota";
    EXPECT_FALSE(wait(library::check_quota(*db_, quota, other)));
    EXPECT_TRUE(wait(library::check_quota(*db_, quota, local_user))) << "each has their own";
    EXPECT_EQ(wait(library::usage(*db_, library::Quota(), other)).bytes_max, std::nullopt);
}

TEST_P(Stores, move_a_generation_only_along_its_states) {
    const Generation made = add_generation(local_user);
    const TaskId task = wait(generation::list_queued(*db_, {made.id})).at(0).task_id;
    EXPECT_FALSE(wait(generation::mark_running(*db_, made.id, TaskId{task.value + 1}, now)))
        << "by a task that it no longer has";
    EXPECT_FALSE(wait(generation::mark_succeeded(*db_, made.id, task, std::nullopt, now)));
    EXPECT_TRUE(wait(generation::mark_running(*db_, made.id, task, now)));
    EXPECT_TRUE(wait(generation::mark_running(*db_, made.id, task, now))) << "taken up again";
    EXPECT_TRUE(wait(generation::mark_cancelled(*db_, other, {made.id}, now)).empty());
    EXPECT_TRUE(wait(generation::mark_succeeded(*db_, made.id, task, "a note", now)));
    EXPECT_FALSE(wait(generation::mark_failed(*db_, made.id, task, "late", now)));
    EXPECT_TRUE(wait(generation::mark_cancelled(*db_, local_user, {made.id}, now)).empty());
    EXPECT_TRUE(wait(generation::find_rows(*db_, other, {made.id})).empty());
    const auto found = wait(generation::find_rows(*db_, local_user, {made.id}));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].state, State::succeeded);
    EXPECT_EQ(found[0].note, "a note");
    EXPECT_EQ(found[0].inputs, made.inputs);
}

TEST_P(Stores, cancel_and_queue_again_many_at_once) {
    std::vector<GenerationId> ids;
    for (int i = 0; i < 3; ++i) ids.push_back(add_generation(local_user).id);
    const Generation done = add_generation(local_user);
    const TaskId task = wait(generation::list_queued(*db_, {done.id})).at(0).task_id;
    ASSERT_TRUE(wait(generation::mark_running(*db_, done.id, task, now)));
    ASSERT_TRUE(wait(generation::mark_succeeded(*db_, done.id, task, std::nullopt, now)));
    const Generation theirs = add_generation(other);
    auto all = ids;
    all.push_back(done.id);
    all.push_back(theirs.id);
    EXPECT_TRUE(wait(generation::mark_retried(*db_, local_user, all)).empty());
    EXPECT_EQ(wait(generation::mark_cancelled(*db_, local_user, all, now)).size(), 3U);
    EXPECT_TRUE(wait(generation::mark_cancelled(*db_, local_user, all, now)).empty());
    EXPECT_EQ(wait(generation::mark_retried(*db_, local_user, all)).size(), 3U);
    wait(generation::set_task(*db_, ids[0], TaskId{4711}));
    EXPECT_EQ(wait(generation::list_queued(*db_, {ids[0]})).at(0).task_id, TaskId{4711});
    EXPECT_EQ(wait(generation::list_queued(*db_, {theirs.id})).size(), 1U);
}

TEST_P(Stores, write_many_events_at_once) {
    std::vector<events::NewEvent> news;
    for (const char* subject : {"a", "b", "c"}) {
        news.push_back(
            {.owner = local_user,
             .topic = "assets",
             .type = "asset.created",
             .subject = subject,
             .data = {R"({"n":"\u00e4 \"quoted\""})"}}
        );
    }
    const auto written = wait(events::append_all(*db_, news, now));
    ASSERT_EQ(written.size(), 3U);
    const auto listed = wait(events::list_after(*db_, local_user, EventId{0}, 10));
    ASSERT_EQ(listed.size(), 3U);
    std::set<std::string> subjects;
    for (const events::Event& each : listed) {
        subjects.insert(each.subject);
        EXPECT_EQ(each.type, "asset.created");
        EXPECT_EQ(each.created_at, now);
        EXPECT_TRUE(json::read<json::Raw>(each.data.text)) << each.data.text;
        EXPECT_TRUE(each.data.text.contains("quoted")) << each.data.text;
    }
    EXPECT_EQ(subjects, (std::set<std::string>{"a", "b", "c"}));
}

TEST_P(Stores, know_what_a_model_usually_takes) {
    EXPECT_EQ(wait(generation::usual_duration(*db_, "local/relief")), std::nullopt);
    for (const int seconds : {2, 4}) {
        const Generation made = add_generation(local_user);
        const TaskId task = wait(generation::list_queued(*db_, {made.id})).at(0).task_id;
        const Instant end = now + std::chrono::seconds(seconds);
        ASSERT_TRUE(wait(generation::mark_running(*db_, made.id, task, now)));
        ASSERT_TRUE(wait(generation::mark_succeeded(*db_, made.id, task, std::nullopt, end)));
    }
    EXPECT_EQ(wait(generation::usual_duration(*db_, "local/relief")), 3.0);
    EXPECT_EQ(wait(generation::usual_duration(*db_, "local/parallax")), std::nullopt);
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
