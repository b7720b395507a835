// Names of files in an archive, as Windows, macOS and Linux can all make them: without what any of
// them refuses, no component longer than 255 bytes, and no two alike where case and composed
// accents do not tell files apart.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

namespace zoetrope::archive {

// `cup?.jpg` -> `cup_.jpg`, `aux.txt` -> `_aux.txt`.
std::string portable_name(std::string_view name);

class Names {
  public:
    // A path with folders, `assets/cup.jpg`, each component portable; `assets/cup (2).jpg` when
    // there is such a file already.
    std::string take(std::string_view path);

  private:
    std::unordered_set<std::size_t> taken_;  // hashes of folded paths: archives hold millions
};

}  // namespace zoetrope::archive
