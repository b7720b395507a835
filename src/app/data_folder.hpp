// The data folder as a process finds and leaves it: who may have it, and the link to the studio.
#pragma once

#include <filesystem>
#include <string>

#include "platform/base/result.hpp"
#include "platform/blobs/blobs.hpp"

namespace zoetrope::app {

// One process per data folder: two would each take the other's running tasks for a dead process's.
class FolderLock {
  public:
    // Makes the folder, and says in the log when other users may open it. `shared`: several
    // processes may have it, because PostgreSQL keeps the rows.
    // Errors: conflict when another process has it, invalid when it cannot be
    // made or written.
    static Result<FolderLock> take(const std::filesystem::path& folder, bool shared = false);

  private:
    explicit FolderLock(blobs::Descriptor file) : file_(std::move(file)) {}
    blobs::Descriptor file_;
};

// The link that lets a browser into a server without accounts, for `zoetrope link`: a file of mode
// 0600. Empty when there is none.
std::string read_link(const std::filesystem::path& folder);
void leave_link(const std::filesystem::path& folder, const std::string& link);
void remove_link(const std::filesystem::path& folder);

}  // namespace zoetrope::app
