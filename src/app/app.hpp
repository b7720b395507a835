// The composition root: every part, in build order. `serve` listens; `run` uses the same parts
// without listening.
#pragma once

#include <atomic>
#include <memory>

#include "app/config.hpp"
#include "app/control.hpp"
#include "app/data_folder.hpp"
#include "app/studio.hpp"
#include "features/accounts/access_changes.hpp"
#include "features/accounts/administration.hpp"
#include "features/events/follower.hpp"
#include "features/generation/generation.hpp"
#include "features/operations/operations.hpp"
#include "features/pipelines/pipelines.hpp"
#include "features/todos/todos.hpp"
#include "features/workers/workers.hpp"
#include "platform/base/io_threads.hpp"
#include "platform/base/offload.hpp"
#include "platform/base/recurring.hpp"
#include "platform/db/database_clock.hpp"
#include "platform/disk/scarce_shares.hpp"
#include "platform/http/server.hpp"

namespace zoetrope::app {

class App {
  public:
    // Takes the folder, migrates, opens everything. Errors: as FolderLock, and conflict from the
    // migrations.
    static Result<std::unique_ptr<App>> open(const Config& config);
    ~App();

    // Binds; the port is then known. Errors: conflict when it is in use, invalid for an address
    // that others can reach while there are no accounts.
    Result<void> listen();
    // What lets a browser in, and where the first administrator's account is made; empty once there
    // is one.
    std::string studio_link() const;
    std::string setup_link() const;
    // Any thread: who may make an account and use it, from now on and at once.
    void admit(const accounts::Admission& admission) { accounts_.admit(admission); }
    std::uint16_t port() const { return server_.port(); }
    void start();
    // Claims no more tasks; what runs goes on until stop().
    void close_pools() { pools_.close(); }
    bool pools_are_idle() const { return pools_.idle(); }
    // Stops listening, drains, hands running tasks back, ends the threads. Once.
    void stop();

    // Before start(), on the calling thread.
    Result<accounts::UserReport> administer(const accounts::UserCommand& command);
    operations::Measured measure();

    asio::io_context& io() { return threads_.context(0); }
    library::Deps& library() { return library_; }
    generation::Deps& generation() { return generation_; }
    const http::Router& router() const { return router_; }
    const std::vector<accounts::OwnedData>& owned_data() const { return accounts_.owned; }

  private:
    App(const Config& config, FolderLock lock, const crypto::Key& master);
    Async<void> look_at_limits();
    Async<void> follow();
    Result<void> prepare();
    std::string local_url() const;

    Config config_;
    FolderLock lock_;
    disk::Disk disk_;
    disk::ScarceShares shares_;  // of users, while the disk is nearly full
    db::DatabaseClock clock_;
    IoThreads threads_;
    Offload files_{4};  // blocking file calls at a time: enough to keep a disk busy
    std::unique_ptr<db::Pool> db_;
    Offload mail_{1};  // one mail at a time; a server that is slow to take it holds up no files
    mail::Mailer mailer_;
    queue::Node node_;
    queue::Handlers handlers_;
    std::unique_ptr<db::Notices> notices_;  // on PostgreSQL
    queue::Pools pools_;
    accounts::Accounts accounts_;
    std::unique_ptr<accounts::AccessFollower> access_;  // on PostgreSQL
    blobs::Blobs blobs_;
    engine_host::EngineHost engine_;
    events::Hub hub_;
    events::Deps events_;
    library::Quota quota_;
    library::Deps library_;
    generation::Models models_;
    generation::ProgressBoard progress_;
    std::unique_ptr<events::Follower> follower_;  // on PostgreSQL
    Turns mattes_;
    generation::Deps generation_;
    pipelines::Deps pipelines_;
    workers::Deps workers_;
    flags::Flags flags_;
    todos::Deps todos_;
    operations::Load load_;
    operations::Deps operations_;
    Studio studio_;
    http::Router router_;
    http::Server server_;
    Control control_;
    bool listening_ = false;
    std::atomic<bool> running_ = false;
    Recurring follows_;  // what an operator switched, here or in another process; the disk
    Recurring indexes_;
};

}  // namespace zoetrope::app
