#include "app/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace zoetrope::app {

std::size_t raise_file_limit() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);  // lowering or keeping it never fails
    ::getrlimit(RLIMIT_NOFILE, &files);
    return std::size_t(files.rlim_cur);
}

std::size_t connections_within(std::size_t files_max, std::size_t wanted) {
    // 50 PostgreSQL connections, 4 file calls, pipes of each engine, sockets, the log: under 150.
    const std::size_t reserve = std::min<std::size_t>(150, files_max / 2);
    return std::clamp<std::size_t>((files_max - reserve) / 2, 1, std::max<std::size_t>(1, wanted));
}

}  // namespace zoetrope::app
