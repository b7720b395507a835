#include "app/app.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>

#include "app/routes.hpp"
#include "app/storage.hpp"
#include "platform/http/browser_rules.hpp"
#include "platform/idempotency/idempotency.hpp"

namespace zoetrope::app {

constexpr std::chrono::milliseconds follow_pause{5000};

namespace {

// Runs the context that no thread runs yet, until the work is done.
template <class T>
T wait_here(asio::io_context& io, Async<T> work) {
    std::optional<T> result;
    std::exception_ptr failed;
    asio::co_spawn(io.get_executor(), std::move(work), [&](std::exception_ptr error, T value) {
        failed = std::move(error);
        result = std::move(value);
    });
    while (!result) io.run_one();
    if (failed) std::rethrow_exception(failed);
    return *std::move(result);
}

Async<bool> look_first(db::DatabaseClock& clock, db::Pool& db, accounts::Deps& accounts) {
    co_await clock.look(db);
    co_await accounts::refresh(accounts);
    co_return true;
}

// Of requests that were sent with a key; what they answered is in the features' own data.
accounts::OwnedData remembered_answers(db::Pool& db) {
    return {
        .tables = {"idempotency_keys"},
        .write = [](UserId, accounts::Export&) -> Async<void> { co_return; },
        .erase = [&db](UserId owner) { return idempotency::forget(db, owner); }
    };
}

// What waits of theirs is cancelled by the features; what still runs finds its own gone.
accounts::OwnedData their_tasks(db::Pool& db) {
    return {
        .tables = {"tasks"},
        .write = [](UserId, accounts::Export&) -> Async<void> { co_return; },
        .erase = [&db](UserId owner) { return accounts::erase_rows(db, queue::disown_sql, owner); }
    };
}

template <class T>
Result<std::string> as_json(const Result<T>& result) {
    if (!result) return std::unexpected(result.error());
    return json::to_string(*result);
}

Async<Result<std::string>> answer_user(accounts::Deps& deps, std::string_view arguments) {
    CO_TRY(auto command, json::read<accounts::UserCommand>(arguments));
    co_return as_json(co_await accounts::administer(deps, std::move(command)));
}

Async<Result<std::string>> answer_capacity(operations::Deps& deps) {
    co_return json::to_string(co_await operations::measure(deps));
}

// What the command line may ask of a running server.
Commands commands_of(accounts::Deps& accounts, operations::Deps& operations) {
    return {
        {"user",
         [&accounts](std::string_view arguments) { return answer_user(accounts, arguments); }},
        {"capacity", [&operations](std::string_view) { return answer_capacity(operations); }}
    };
}

// Where people reach the server, for links in mails: as it is said to be, or where it listens.
std::string base_url(const http::ServerConfig& server, std::uint16_t port) {
    if (server.rules.public_url) return server.rules.public_url->str();
    std::string host = server.address;
    if (host == "0.0.0.0" || host == "::")
        host = server.rules.public_hosts.empty() ? "localhost" : server.rules.public_hosts.front();
    if (host.contains(':')) host = "[" + host + "]";
    return "http://" + host + ":" + std::to_string(port);
}

// Local mode ends for the gate when it ends for the accounts.
http::ServerConfig with_gate(http::ServerConfig server, const accounts::Accounts& accounts) {
    server.rules.local_only = accounts.local_only;
    return server;
}

}  // namespace

Result<std::unique_ptr<App>> App::open(const Config& config) {
    TRY(FolderLock lock, FolderLock::take(config.data, config.on_postgres()));
    TRY(const crypto::Key master,
        crypto::master_key(config.secret_key, config.data, !config.on_postgres()));
    disk::Disk(disk_of(config)).watch();  // bringing the database up to date needs room, too
    CHECK(prepare_database(config));
    auto app = std::unique_ptr<App>(new App(config, std::move(lock), master));
    CHECK(app->prepare());
    return app;
}

App::App(const Config& config, FolderLock lock, const crypto::Key& master)
    : config_(config),
      lock_(std::move(lock)),
      disk_(disk_of(config)),
      threads_(config.server.io_threads),
      db_(open_database(config_, disk_, threads_, files_)),
      mailer_(config.mail, mail_, clock_),
      node_({.alone = !config.on_postgres()}, *db_, threads_.context(0)),
      notices_(
          config.on_postgres()
              ? std::make_unique<db::Notices>(config.postgres, files_, threads_.context(0))
              : nullptr
      ),
      pools_(config.pools, handlers_, node_, *db_, clock_, threads_.context(0), notices_.get()),
      accounts_(
          config.accounts,
          {.master = master,
           .db = *db_,
           .clock = clock_,
           .mailer = mailer_,
           .pools = pools_,
           .files = files_,
           .cores = threads_.count()}
      ),
      access_(
          notices_ ? std::make_unique<accounts::AccessFollower>(
                         accounts_, *notices_, threads_.context(0)
                     )
                   : nullptr
      ),
      blobs_(config.data / "blobs", files_, disk_),
      engine_(
          {.program = config.engine, .children_max = config.engine_children_max},
          threads_.context(0)
      ),
      hub_(config.streams_per_user),
      events_{*db_, hub_, config.server.limits.heartbeat, clock_, config.events_kept},
      quota_(config.storage_per_user),
      library_{
          *db_,
          blobs_,
          engine_,
          hub_,
          clock_,
          config.probe_timeout,
          {&generation::holds_blob_statement()},
          {generation::let_go, pipelines::let_go},
          quota_
      },
      models_(*db_, config.matte_weights),
      progress_(hub_, *db_, notices_.get(), threads_.context(0), config.together),
      follower_(
          notices_ ? std::make_unique<events::Follower>(*db_, *notices_, hub_, threads_.context(0))
                   : nullptr
      ),
      mattes_(1, threads_.context(0)),
      generation_{
          library_,
          models_,
          pools_,
          progress_,
          mattes_,
          config.matte_weights,
          {config.weight_member, config.weight_admin},
          pipelines::on_change()
      },
      pipelines_{
          generation_,
          files_,
          threads_.context(0).get_executor(),
          config.batches,
          config.engine_children_max,
          config.server.limits.heartbeat,
          config.together
      },
      workers_{generation_, config.remote_patience, config.workers_per_user},
      todos_{*db_, flags_.add("bulk", true, "Bulk requests of todos."), clock_},
      load_(router_, threads_),
      operations_{
          *db_,
          flags_,
          clock_,
          router_,
          accounts_,
          handlers_,
          pools_,
          load_,
          disk_,
          config.engine_children_max
      },
      router_(
          config.server.io_threads,
          [this](UserId user, std::uint64_t bytes) { return room_on(disk_, shares_, user, bytes); }
      ),
      server_(with_gate(config_.server, accounts_), threads_, router_, accounts_.authenticator),
      control_(
          control_socket(config.data), commands_of(accounts_, operations_), threads_.context(0)
      ),
      follows_(threads_.context(0), follow_pause),
      indexes_(threads_.context(0), todos::index_pause) {
    db::set_slow_statement(config.slow_statement, config.slow_plan);
    accounts_.base_url = base_url(config.server, config.server.port);  // who listens knows better
    mount_routes(
        router_,
        studio_,
        accounts_,
        events_,
        library_,
        generation_,
        pipelines_,
        workers_,
        todos_,
        operations_
    );
    events::add_handlers(events_, handlers_);
    generation::add_handlers(generation_, handlers_);
    accounts::add_handlers(accounts_, handlers_);
    library::add_handlers(library_, handlers_);
    queue::add_clean_up_handler(handlers_, *db_, clock_, config.finished_tasks);
    idempotency::add_clean_up_handler(handlers_, *db_, clock_);
    // Those who refer to others' rows go before them.
    accounts_.owned = {
        accounts::own_data(accounts_),
        todos::owned_data(todos_),
        pipelines::owned_data(pipelines_),
        generation::owned_data(generation_),
        library::owned_data(library_),
        workers::owned_data(workers_),
        events::owned_data(events_),
        remembered_answers(*db_),
        their_tasks(*db_)
    };
}

App::~App() { stop(); }

// What must be known before the first request.
Result<void> App::prepare() {
    try {
        wait_here(io(), look_first(clock_, *db_, accounts_));
    } catch (const std::exception& error) {
        return failure(Code::unavailable, std::string("It cannot start: ") + error.what() + ".");
    }
    return {};
}

Result<accounts::UserReport> App::administer(const accounts::UserCommand& command) {
    return wait_here(io(), accounts::administer(accounts_, command));
}

operations::Measured App::measure() { return wait_here(io(), operations::measure(operations_)); }

// The proxy of the public URL is not let through before there is an account.
std::string App::local_url() const {
    http::ServerConfig direct = config_.server;
    direct.rules.public_url.reset();
    return base_url(direct, port());
}

std::string App::studio_link() const {
    if (!*accounts_.local_only) return {};
    return local_url() + "/open#" + accounts_.local.link_token();
}

std::string App::setup_link() const {
    if (!*accounts_.local_only) return {};
    return local_url() + "/welcome#" + accounts_.setup_token();
}

Result<void> App::listen() {
    const std::string& address = config_.server.address;
    if (*accounts_.local_only && !http::is_loopback_name(address)) {
        return invalid(
            "listen",
            "must be a loopback address, such as 127.0.0.1:8080, as long as there are no accounts: "
            "anybody who reached " +
                address +
                " would be let in. Make the first account with "
                "`zoetrope user add NAME EMAIL --role admin`, or at the loopback address"
        );
    }
    CHECK(server_.listen());
    if (!config_.on_postgres()) control_.start();
    accounts_.base_url = base_url(config_.server, port());
    if (*accounts_.local_only) leave_link(config_.data, studio_link());
    listening_ = true;
    node_.listen();
    return {};
}

void App::start() {
    running_ = true;
    threads_.start();
    follows_.start([this] { return follow(); });
    indexes_.start([this] { return todos::index_for_search(todos_); });
    load_.start();
    if (config_.on_postgres())
        asio::co_spawn(io().get_executor(), look_at_limits(), asio::detached);
    if (follower_) follower_->start();
    progress_.start();
    if (notices_) notices_->start();
    if (config_.workers_embedded) pools_.start();
    node_.start();
    asio::post(io(), [this] { engine_.warm_up(); });
    if (!listening_) return;
    if (access_) access_->start();
    server_.start();
}

Async<void> App::look_at_limits() {
    try {
        const auto warning =
            co_await db::too_many_connections(*db_, config_.postgres, threads_.count());
        if (warning) telemetry::warn("{}", *warning);
    } catch (const std::exception& error) {
        if (running_) telemetry::warn("the connection limits cannot be read: {}", error.what());
    }
}

Async<void> App::follow() {
    co_await files_.run([this] { disk_.renew(); });
    try {
        co_await clock_.look(*db_);
        co_await shrink_database(disk_, *db_);
        co_await flags_.load(*db_);
        co_await accounts::refresh(accounts_);
        accounts_.divide_limits(node_.listening());
        const std::array schedules{
            accounts::clean_up_schedule(),
            events::clean_up_schedule(),
            generation::clean_up_schedule(),
            idempotency::clean_up_schedule(),
            library::release_schedule(),
            queue::clean_up_schedule()
        };
        if (co_await queue::run_due(*db_, schedules, clock_.now())) pools_.wake(queue::maintenance);
    } catch (const std::exception& error) {
        if (running_) telemetry::warn("flags and accounts cannot be read: {}", error.what());
    }
}

void App::stop() {
    if (!running_) return;
    running_ = false;
    hub_.stop();  // event streams end, so that they do not hold up the drain
    if (listening_) {
        server_.stop();
        remove_link(config_.data);
    }
    control_.stop();
    load_.stop();
    indexes_.stop();
    follows_.stop();  // what it does with the database ends before the database does
    if (config_.workers_embedded) pools_.stop();
    node_.stop();
    progress_.stop();
    if (follower_) follower_->stop();
    if (access_) access_->stop();
    if (notices_) notices_->stop();
    db_->close();
    threads_.stop();
}

}  // namespace zoetrope::app
