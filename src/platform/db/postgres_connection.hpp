// One connection in pipeline mode; used on one I/O thread. Private to the part.
//
// Statements are sent as they come, each followed by a synchronisation point, so each is its own
// transaction (unless BEGIN was among them), and answered in order. Behind a pooler one goes at a
// time (docs/decisions/0012-one-at-a-time-behind-a-pooler.md).
#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_set>

#include "platform/db/postgres.hpp"
#include "platform/db/postgres_values.hpp"

struct pg_conn;
struct pg_result;

namespace zoetrope::db {

struct Closer {
    void operator()(pg_conn* connection) const;
    void operator()(pg_result* result) const;
};
using Handle = std::unique_ptr<pg_conn, Closer>;
using Answer = std::unique_ptr<pg_result, Closer>;

// Blocks. Throws Failure with a sentence.
Handle connect_postgres(const PostgresConfig& config);

class PostgresConnection : public std::enable_shared_from_this<PostgresConnection> {
  public:
    using Done = std::move_only_function<void(std::exception_ptr, Rows)>;

    PostgresConnection(Handle handle, bool behind_pooler, asio::io_context& io);
    ~PostgresConnection();

    // `name` and `text` must outlive the connection. Answers on this thread, in order. Parameters
    // of the form `binary` are strings that hold the bytes.
    void send(
        std::string_view name,
        std::string_view text,
        const std::vector<Value>& params,
        Done done,
        Form form = Form::text
    );
    // Rows of one column: the type of each parameter of the statement, by its number (pg_type.h).
    void describe(std::string_view name, std::string_view text, Done done);
    Async<Rows> run(
        std::string_view name,
        std::string_view text,
        std::vector<Value> params = {},
        Form form = Form::text
    );

    // From now on what other connections notify on channels that this one listens to.
    void hear(std::function<void(const std::string& word)> heard);

    bool alive() const { return alive_; }
    // Looks, without waiting, whether the other end has gone since it was last used.
    bool still_there();
    std::size_t waiting() const { return waiting_.size() + held_.size(); }
    bool is_older_than(std::chrono::seconds age) const;
    void close();

  private:
    enum class Asked : std::uint8_t { rows, types };
    struct Request {
        Asked asked;
        bool prepares;
        std::string_view name;
        Done done;
        bool answered = false;  // by rows, or by how many were changed
        Rows rows{};
        std::exception_ptr error{};
    };
    // Not sent yet, because the one before it has no answer.
    struct Held {
        Asked asked;
        std::string_view name, text;
        std::vector<Value> params;
        Form form;
        Done done;
    };

    void put(
        Asked asked,
        std::string_view name,
        std::string_view text,
        const std::vector<Value>* params,
        Form form,
        Done done
    );
    bool queue_statement(
        std::string_view name,
        std::string_view text,
        const std::vector<Value>& params,
        Form form,
        bool prepares
    );
    void flush();
    void listen();
    void receive();
    void take_notices();
    void take(Answer answer);
    void finish();
    void send_held();
    void lose(const std::string& why);

    Handle handle_;
    const bool behind_pooler_;
    asio::posix::basic_stream_descriptor<Executor> socket_;
    std::unordered_set<std::string_view> prepared_;
    std::deque<Request> waiting_;
    std::deque<Held> held_;
    std::function<void(const std::string& word)> heard_;
    std::chrono::steady_clock::time_point opened_ = std::chrono::steady_clock::now();
    bool alive_ = true;
    bool listening_ = false;
    bool flushing_ = false;
};

}  // namespace zoetrope::db
