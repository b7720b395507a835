#include "app/app.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstring>

#include "app/routes.hpp"
#include "platform/db/migrate.hpp"
#include "platform/db/sqlite.hpp"

namespace zoetrope::app {

namespace fs = std::filesystem;

Result<FolderLock> FolderLock::take(const fs::path& folder) {
    std::error_code error;
    // Ours alone when we make it; a folder that was there keeps the rights its owner gave it.
    if (fs::create_directories(folder, error) && !error)
        fs::permissions(folder, fs::perms::owner_all, fs::perm_options::replace, error);
    blobs::Descriptor file(::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (error || file.get() < 0) {
        return invalid(
            "data",
            "folder " + folder.string() + " cannot be written: " +
                (error ? error.message() : std::strerror(errno)) + ". Choose another with --data"
        );
    }
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        return conflict(
            "Another zoetrope is using the data folder " + folder.string() +
            ". Stop it, or choose another folder with --data."
        );
    }
    return FolderLock(std::move(file));
}

Result<std::unique_ptr<App>> App::open(const Config& config) {
    TRY(FolderLock lock, FolderLock::take(config.data));
    CHECK(db::migrate_sqlite(config.data / "zoetrope.sqlite"));
    return std::unique_ptr<App>(new App(config, std::move(lock)));
}

App::App(const Config& config, FolderLock lock)
    : config_(config),
      lock_(std::move(lock)),
      threads_(config.server.io_threads),
      db_(db::open_sqlite(
          {.file = config.data / "zoetrope.sqlite", .readers = config.sqlite_readers}
      )),
      blobs_(config.data / "blobs", files_),
      engine_(
          {.program = config.engine, .children_max = config.engine_children_max},
          threads_.context(0)
      ),
      events_{*db_, hub_, config.server.limits.heartbeat},
      library_{*db_, blobs_, engine_, hub_, clock_},
      progress_(hub_),
      workers_(
          {.queue = std::string(generation::queue_name), .slots = config.engine_children_max + 1},
          *db_,
          clock_,
          threads_.context(0)
      ),
      mattes_(1, threads_.context(0)),
      generation_{library_, workers_, progress_, mattes_, config.matte_weights},
      todos_{*db_, flags_.add("bulk", true, "Bulk requests of todos."), clock_},
      operations_{*db_, flags_, clock_, router_},
      router_(config.server.io_threads),
      server_(config_.server, threads_, router_, authenticator_) {
    mount_routes(router_, studio_, events_, library_, generation_, todos_, operations_);
    generation::add_handlers(generation_);
}

App::~App() { stop(); }

Result<void> App::listen() {
    CHECK(server_.listen());
    listening_ = true;
    return {};
}

void App::start() {
    running_ = true;
    threads_.start();
    if (config_.workers_embedded) workers_.start();
    if (listening_) server_.start();
}

void App::stop() {
    if (!running_) return;
    running_ = false;
    hub_.stop();  // event streams end, so that they do not hold up the drain
    if (listening_) server_.stop();
    workers_.stop();
    threads_.stop();
}

}  // namespace zoetrope::app
