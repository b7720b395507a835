#include "app/data_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "platform/telemetry/log.hpp"

namespace zoetrope::app {

namespace fs = std::filesystem;

namespace {

fs::path link_file(const fs::path& folder) { return folder / "link"; }

void warn_if_open_to_others(const fs::path& folder) {
    struct stat found{};
    if (::stat(folder.c_str(), &found) != 0 || (found.st_mode & 077) == 0) return;
    telemetry::warn(
        "other users of this machine may open the data folder (mode {:04o}); close it with: chmod "
        "700 '{}'",
        found.st_mode & 07777,
        folder.string()
    );
}

}  // namespace

Result<FolderLock> FolderLock::take(const fs::path& folder, bool shared) {
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
    if (::flock(file.get(), (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) {
        return conflict(
            "Another zoetrope is using the data folder " + folder.string() +
            ". Stop it, or choose another folder with --data."
        );
    }
    warn_if_open_to_others(folder);
    return FolderLock(std::move(file));
}

std::string read_link(const fs::path& folder) {
    std::string link;
    std::ifstream file(link_file(folder));
    std::getline(file, link);
    return link;
}

void remove_link(const fs::path& folder) {
    std::error_code ignored;
    fs::remove(link_file(folder), ignored);
}

void leave_link(const fs::path& folder, const std::string& link) {
    const fs::path path = link_file(folder);
    const std::string line = link + "\n";
    remove_link(folder);  // one that others may read, or that leads elsewhere, is not written into
    const blobs::Descriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)
    );
    if (file.get() < 0 || ::write(file.get(), line.data(), line.size()) != ssize_t(line.size()))
        telemetry::warn("the link to the studio cannot be written to {}", path.string());
}

}  // namespace zoetrope::app
