// Files built into the binary (cmake/embed.cmake).
#pragma once

#include <span>
#include <string_view>

namespace zoetrope::embedded {

struct File {
    std::string_view path;  // below its folder, with '/'
    std::string_view bytes;
};

std::span<const File> migrations();
std::span<const File> models();
std::span<const File> studio();
std::span<const File> passwords();

}  // namespace zoetrope::embedded
