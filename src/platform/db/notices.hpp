// What processes on one PostgreSQL database tell each other after a commit: words, over a
// connection of their own. A word may be lost (nobody listens, the connection breaks), so whoever
// needs certainty also looks from time to time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "platform/base/offload.hpp"
#include "platform/base/recurring.hpp"
#include "platform/db/postgres.hpp"

namespace zoetrope::db {

class PostgresConnection;

// In a transaction on PostgreSQL: `word` is heard by every listening process, this one too, once
// the transaction has committed. Works through a pooler and in a process that has no Notices.
Async<void> notify(Session& db, std::string_view word);

// At home on one I/O thread.
class Notices {
  public:
    using Heard = std::function<void(std::string_view rest)>;

    // `blocking` does the connecting.
    Notices(const PostgresConfig& config, Offload& blocking, asio::io_context& io);
    ~Notices();

    // Before start(): who is told, on the I/O thread, what others told that begins with `word`, and
    // what comes behind it; never what this process told itself.
    void listen(std::string word, Heard heard) { heard_[std::move(word)] = std::move(heard); }
    // Behind a pooler in transaction mode nobody can listen: then nothing is told either.
    void start();
    // From outside the I/O threads.
    void stop();
    // Any thread: a few bytes. Together with what else is told within `pause`, and once in that
    // time however often.
    void tell(std::string_view word, std::string_view rest = {});

    static constexpr std::chrono::milliseconds pause{2};

  private:
    Async<void> stay_connected();
    Async<void> connect();
    void heard(std::string_view told);
    void speak();
    Async<void> tell_all();

    const PostgresConfig config_;
    Offload& blocking_;
    asio::io_context& io_;
    Recurring looks_;
    Timer due_;
    std::map<std::string, Heard, std::less<>> heard_;  // by word
    std::set<std::string> words_;                      // to be told
    std::chrono::steady_clock::time_point spoke_at_{};
    std::shared_ptr<PostgresConnection> connection_;
    bool speaking_ = false;  // or about to
    bool started_ = false;
};

}  // namespace zoetrope::db
