// The one event log. An event is a row, written in the transaction of what it tells; after the
// commit it is published to whoever listens. A listener that was away says the last id it saw and
// gets the rest; one that is too slow, or was away for longer than events are kept, is told to
// fetch everything again (`resync`). Progress is not an event: it is published without a row and
// may be missed.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "platform/base/ids.hpp"
#include "platform/base/json/traits.hpp"
#include "platform/base/time.hpp"
#include "platform/base/timer.hpp"
#include "platform/db/session.hpp"
#include "platform/http/router.hpp"
#include "platform/limits/open_per_user.hpp"
#include "platform/queue/handlers.hpp"
#include "platform/queue/schedules.hpp"

namespace zoetrope::accounts {
struct OwnedData;
}

namespace zoetrope::events {

struct Event {
    EventId id;
    std::string topic;    // `generations`
    std::string type;     // `generation.succeeded`
    std::string subject;  // the id of the thing
    json::Raw data{"{}"};
    Instant created_at;
    static constexpr std::string_view schema_name = "Event";
};
BOOST_DESCRIBE_STRUCT(Event, (), (id, topic, type, subject, data, created_at))

struct NewEvent {
    UserId owner;
    std::string topic;
    std::string type;
    std::string subject;
    json::Raw data{"{}"};
};
BOOST_DESCRIBE_STRUCT(NewEvent, (), (owner, topic, type, subject, data))

// Writes the row; publish what it returns once the transaction has committed.
Async<Event> append(db::Session& db, NewEvent event, Instant now);

// Many in one statement, in any order.
Async<std::vector<Event>> append_all(
    db::Session& db, const std::vector<NewEvent>& events, Instant now
);

// One listener. Lives on its own I/O thread; the hub posts to it.
class Listener : public std::enable_shared_from_this<Listener> {
  public:
    Listener(UserId owner, std::vector<std::string> topics, Executor executor);

    bool wants(UserId owner, std::string_view topic) const;
    void deliver(std::shared_ptr<const std::string> message);  // any thread
    void end();                                                // any thread: the server is stopping

    // The next message, or null when `patience` has passed without one.
    Async<std::shared_ptr<const std::string>> next(std::chrono::seconds patience);
    bool ended() const { return ended_; }

  private:
    static constexpr std::size_t waiting_max =
        256;  // a tab that is this far behind is better off fetching anew

    UserId owner_;
    std::vector<std::string> topics_;
    Timer alarm_;
    std::deque<std::shared_ptr<const std::string>> waiting_;
    bool ended_ = false;
};

// Fan-out in memory. Thread-safe.
class Hub {
  public:
    // Six for each browser (its limit for a host over HTTP/1.1), a few of them, and some programs.
    static constexpr std::size_t streams_per_user_usual = 16;
    explicit Hub(std::size_t streams_per_user = streams_per_user_usual)
        : streams_(streams_per_user) {}

    // Of every route that streams events; held until the stream ends. Errors: limited.
    Result<limits::OpenPerUser::Permit> open_stream(UserId user, std::chrono::seconds heartbeat);
    // To the listeners; where the log is followed, to who follows it.
    void publish(UserId owner, const Event& event);
    void deliver(UserId owner, const Event& event);
    // Before there are listeners: who is told instead of them.
    void follow(std::function<void()> published) { published_ = std::move(published); }
    bool has_listeners() const;
    // Not kept: `generation.progress`.
    void publish_passing(
        UserId owner,
        const std::string& topic,
        const std::string& type,
        const std::string& subject,
        const std::string& data
    );
    void add(std::shared_ptr<Listener> listener);
    void remove(const std::shared_ptr<Listener>& listener);
    void stop();  // ends every listener, for the server's drain

  private:
    void send(UserId owner, const std::string& topic, std::string message);
    limits::OpenPerUser streams_;
    std::function<void()> published_;
    mutable std::mutex mutex_;
    std::unordered_set<std::shared_ptr<Listener>> listeners_;
    bool stopped_ = false;
};

struct Deps {
    db::Pool& db;
    Hub& hub;
    std::chrono::seconds heartbeat;
    const Clock& clock;
    std::chrono::hours kept;  // events; who was away for longer fetches everything again
};
queue::Schedule clean_up_schedule();
void add_handlers(Deps& deps, queue::Handlers& handlers);
void mount(http::Router& router, Deps& deps);
accounts::OwnedData owned_data(Deps& deps);

}  // namespace zoetrope::events
