#include "platform/db/postgres_connection.hpp"

#include <libpq-fe.h>
#include <poll.h>

namespace zoetrope::db {

namespace {

constexpr const char* away = "The connection to PostgreSQL was lost.";  // before it was sent

// libpq ends its sentences with a line break.
std::string said_by(const PGconn* connection) {
    std::string text = PQerrorMessage(connection);
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    return text;
}

std::string session_settings(const PostgresConfig& config) {
    // One short statement after another: compiling never pays here, and each statement is written
    // for one plan, so planning it anew for each call does not either.
    std::string out = "-c jit=off -c plan_cache_mode=force_generic_plan";
    if (config.statement_max.count() > 0)
        out += " -c statement_timeout=" + std::to_string(config.statement_max.count());
    return out;
}

}  // namespace

void Closer::operator()(PGconn* connection) const { PQfinish(connection); }
void Closer::operator()(PGresult* result) const { PQclear(result); }

Handle connect_postgres(const PostgresConfig& config) {
    const std::string settings = session_settings(config);
    const std::string own_name = application_name();
    const std::string patience = std::to_string(config.connect_max.count());
    std::vector<const char*> keys{
        "dbname", "application_name", "connect_timeout", "client_encoding", "keepalives_idle"
    };
    std::vector<const char*> values{
        config.url.c_str(), own_name.c_str(), patience.c_str(), "UTF8", "30"
    };
    if (!config.behind_pooler) {
        keys.push_back("options");
        values.push_back(settings.c_str());
    }
    keys.push_back(nullptr);
    values.push_back(nullptr);
    Handle handle(PQconnectdbParams(keys.data(), values.data(), 1));
    if (!handle || PQstatus(handle.get()) != CONNECTION_OK)
        throw Failure("PostgreSQL cannot be reached: " + said_by(handle.get()));
    PQsetNoticeProcessor(handle.get(), [](void*, const char*) {}, nullptr);
    return handle;
}

PostgresConnection::PostgresConnection(Handle handle, bool behind_pooler, asio::io_context& io)
    : handle_(std::move(handle)),
      behind_pooler_(behind_pooler),
      socket_(io.get_executor(), PQsocket(handle_.get())) {
    PQsetnonblocking(handle_.get(), 1);
    PQenterPipelineMode(handle_.get());
}

PostgresConnection::~PostgresConnection() {
    if (socket_.is_open()) socket_.release();  // libpq closes it
}

bool PostgresConnection::is_older_than(std::chrono::seconds age) const {
    return std::chrono::steady_clock::now() - opened_ > age;
}

bool PostgresConnection::still_there() {
    if (!alive_ || !waiting_.empty()) return alive_;
    // Nothing was asked, so what has come is a notice, or the end; the end is read last.
    pollfd look{.fd = PQsocket(handle_.get()), .events = POLLIN, .revents = 0};
    while (::poll(&look, 1, 0) > 0) {
        if (!PQconsumeInput(handle_.get()) || PQstatus(handle_.get()) != CONNECTION_OK) {
            lose("the server closed the connection");
            return false;
        }
        take_notices();
        const Answer parting{PQgetResult(handle_.get())};
    }
    return true;
}

void PostgresConnection::close() {
    if (alive_) lose("the connection was closed");
}

void PostgresConnection::send(
    std::string_view name,
    std::string_view text,
    const std::vector<Value>& params,
    Done done,
    Form form
) {
    put(Asked::rows, name, text, &params, form, std::move(done));
}

void PostgresConnection::describe(std::string_view name, std::string_view text, Done done) {
    put(Asked::types, name, text, nullptr, Form::text, std::move(done));
}

Async<Rows> PostgresConnection::run(
    std::string_view name, std::string_view text, std::vector<Value> params, Form form
) {
    co_return co_await wait_for<Rows>([&](Resolver<Rows> resolver) {
        send(
            name,
            text,
            params,
            [resolver = std::move(resolver)](std::exception_ptr error, Rows rows) mutable {
                if (error) {
                    resolver.fail(std::move(error));
                } else {
                    resolver.resolve(std::move(rows));
                }
            },
            form
        );
    });
}

void PostgresConnection::put(
    Asked asked,
    std::string_view name,
    std::string_view text,
    const std::vector<Value>* params,
    Form form,
    Done done
) {
    if (!alive_) {
        return done(std::make_exception_ptr(Failure(away)), {});
    }
    if (behind_pooler_ && !waiting_.empty()) {
        std::vector<Value> kept = params ? *params : std::vector<Value>();
        held_.push_back({asked, name, text, std::move(kept), form, std::move(done)});
        return;
    }
    const bool prepares = !behind_pooler_ && !prepared_.contains(name);
    bool sent = false;
    if (asked == Asked::rows) {
        sent = queue_statement(name, text, *params, form, prepares);
    } else {
        // Behind a pooler the unnamed statement is prepared and described within one exchange.
        const std::string key(behind_pooler_ ? std::string_view{} : name);
        const bool needs_text = prepares || behind_pooler_;
        sent = (!needs_text ||
                PQsendPrepare(handle_.get(), key.c_str(), std::string(text).c_str(), 0, nullptr)) &&
               PQsendDescribePrepared(handle_.get(), key.c_str()) && PQpipelineSync(handle_.get());
    }
    const bool announced = asked == Asked::types ? prepares || behind_pooler_ : prepares;
    waiting_.push_back(
        {.asked = asked, .prepares = announced, .name = name, .done = std::move(done)}
    );
    if (prepares) prepared_.insert(name);
    if (!sent) return lose(said_by(handle_.get()));
    flush();
    listen();
}

bool PostgresConnection::queue_statement(
    std::string_view name,
    std::string_view text,
    const std::vector<Value>& params,
    Form form,
    bool prepares
) {
    thread_local Params encoded;
    encoded.set(params, form);
    PGconn* to = handle_.get();
    if (behind_pooler_) {
        return PQsendQueryParams(
                   to,
                   std::string(text).c_str(),
                   encoded.count(),
                   nullptr,
                   encoded.values(),
                   encoded.lengths(),
                   encoded.formats(),
                   0
               ) &&
               PQpipelineSync(to);
    }
    const std::string key(name);
    if (prepares && !PQsendPrepare(to, key.c_str(), std::string(text).c_str(), 0, nullptr))
        return false;
    return PQsendQueryPrepared(
               to,
               key.c_str(),
               encoded.count(),
               encoded.values(),
               encoded.lengths(),
               encoded.formats(),
               0
           ) &&
           PQpipelineSync(to);
}

void PostgresConnection::flush() {
    const int left = PQflush(handle_.get());
    if (left < 0) return lose(said_by(handle_.get()));
    if (left == 0 || flushing_) return;
    flushing_ = true;
    socket_.async_wait(
        asio::posix::descriptor_base::wait_write,
        [self = shared_from_this()](boost::system::error_code error) {
            self->flushing_ = false;
            if (!error && self->alive_) self->flush();
        }
    );
}

void PostgresConnection::listen() {
    if (listening_ || !alive_ || (waiting_.empty() && !heard_)) return;
    listening_ = true;
    socket_.async_wait(
        asio::posix::descriptor_base::wait_read,
        [self = shared_from_this()](boost::system::error_code error) {
            self->listening_ = false;
            if (error || !self->alive_) return;
            self->receive();
            self->listen();
        }
    );
}

void PostgresConnection::receive() {
    if (!PQconsumeInput(handle_.get())) return lose(said_by(handle_.get()));
    flush();
    int nothing = 0;  // a null result only separates statements; two in a row mean there is no more
    while (alive_ && !waiting_.empty() && nothing < 2 && !PQisBusy(handle_.get())) {
        Answer answer(PQgetResult(handle_.get()));
        nothing = answer ? 0 : nothing + 1;
        if (answer) take(std::move(answer));
    }
    if (alive_) take_notices();  // last: they may stand between answers
    if (alive_ && PQstatus(handle_.get()) == CONNECTION_BAD) lose(said_by(handle_.get()));
}

void PostgresConnection::hear(std::function<void(const std::string& word)> heard) {
    heard_ = std::move(heard);
    listen();
}

void PostgresConnection::take_notices() {
    while (PGnotify* const notice = PQnotifies(handle_.get())) {
        const std::string word = notice->extra;
        const bool own = notice->be_pid == PQbackendPID(handle_.get());
        PQfreemem(notice);
        if (heard_ && !own) heard_(word);
    }
}

void PostgresConnection::take(Answer answer) {
    Request& request = waiting_.front();
    switch (PQresultStatus(answer.get())) {
        case PGRES_PIPELINE_SYNC:
            return finish();
        case PGRES_TUPLES_OK:
            request.answered = true;
            request.rows = rows_of(answer.get());
            break;
        case PGRES_COMMAND_OK:
            if (request.prepares) {
                request.prepares = false;  // that was the preparing
                break;
            }
            request.answered = true;
            if (request.asked == Asked::rows) {
                request.rows = rows_of(answer.get());
            } else {
                request.rows.columns = {"type"};
                for (int i = 0; i < PQnparams(answer.get()); ++i)
                    request.rows.cells.emplace_back(std::int64_t(PQparamtype(answer.get(), i)));
            }
            break;
        case PGRES_PIPELINE_ABORTED:
            break;  // the error before it says why
        default:
            if (!request.error) request.error = error_of(answer.get());
            if (request.prepares) prepared_.erase(request.name);
    }
}

// At the synchronisation point behind the oldest statement.
void PostgresConnection::finish() {
    Request finished = std::move(waiting_.front());
    waiting_.pop_front();
    if (finished.answered || finished.error) {
        send_held();
    } else {
        // Whoever is between us and the server left it out. That must not pass for a success, and
        // what comes next may be its answer.
        const std::string why = "PostgreSQL did not answer a statement.";
        finished.error = std::make_exception_ptr(lost(why));
        lose(why);
    }
    finished.done(std::move(finished.error), std::move(finished.rows));
}

void PostgresConnection::send_held() {
    if (held_.empty() || !alive_) return;
    Held next = std::move(held_.front());
    held_.pop_front();
    put(next.asked, next.name, next.text, &next.params, next.form, std::move(next.done));
}

void PostgresConnection::lose(const std::string& why) {
    if (!alive_) return;
    alive_ = false;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
    socket_.release();
    handle_.reset();
    const auto error =
        std::make_exception_ptr(lost("The connection to PostgreSQL was lost: " + why));
    for (std::deque<Request> left = std::exchange(waiting_, {}); Request & request : left)
        request.done(request.error ? request.error : error, {});
    for (std::deque<Held> left = std::exchange(held_, {}); Held & held : left)
        held.done(std::make_exception_ptr(Failure(away)), {});
}

}  // namespace zoetrope::db
