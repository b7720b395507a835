#include "features/pipelines/batches.hpp"
#include "platform/archive/zip.hpp"
#include "platform/base/timer.hpp"

namespace zoetrope::pipelines {

namespace {

// A page is not drawn more often, and each look is a few statements.
constexpr std::chrono::milliseconds look_pause{250};

struct Listening {
    events::Hub& hub;
    std::shared_ptr<events::Listener> listener;
    Listening(events::Hub& to, UserId owner, Executor executor)
        : hub(to),
          listener(std::make_shared<events::Listener>(
              owner, std::vector<std::string>{"generations", "pipelines"}, executor
          )) {
        hub.add(listener);
    }
    ~Listening() { hub.remove(listener); }
};

}  // namespace

Async<void> feed(Deps& deps, http::Caller caller, PipelineId id, http::BodyWriter& out) {
    const auto executor = co_await asio::this_coro::executor;
    const Listening to(deps.generation.library.events, caller.user, executor);
    std::string told;
    while (!out.closing() && !to.listener->ended()) {
        if (!caller.still_stands(deps.generation.library.clock.now())) co_return;
        const auto batch = co_await find(deps, caller.user, id);
        if (!batch) co_return;
        std::string now = json::to_string(*batch);
        const bool news = now != told;
        told = std::move(now);
        if (news && !co_await out.write("event: status\ndata: " + told + "\n\n")) co_return;
        if (is_over(batch->status)) co_return;
        if (!news && !co_await out.write(": still here\n\n")) co_return;
        Timer pause(executor);
        pause.expires_after(look_pause);
        co_await pause.async_wait(with_error);
        // One look answers for all that was told meanwhile.
        auto more = co_await to.listener->next(deps.heartbeat);
        while (more) more = co_await to.listener->next(std::chrono::seconds(0));
    }
}

namespace {

// `01-cup` for the first of several: files of one batch may have the same name.
std::string folder_of(std::size_t at, const BatchFile& file) {
    std::string number = std::to_string(at + 1);
    number.insert(0, number.size() < 3 ? 3 - number.size() : 0, '0');
    return number + "-" + file.name.substr(0, file.name.rfind('.'));
}

}  // namespace

Async<void> pack(Deps& deps, Batch batch, http::BodyWriter& out) {
    archive::Zip zip([&out](std::string_view bytes) { return out.write(bytes); }, deps.threads);
    try {
        for (std::size_t i = 0; i < batch.files.size(); ++i) {
            const BatchFile& file = batch.files[i];
            for (const generation::Output& each : file.outputs) {
                co_await library::write_bytes(
                    deps.generation.library, each, folder_of(i, file) + "/" + each.name, zip
                );
            }
        }
        co_await zip.end();
    } catch (const archive::Gone&) {
        // Nobody takes it any more.
    }
}

}  // namespace zoetrope::pipelines
