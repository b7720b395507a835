#include "platform/archive/names.hpp"

#include <algorithm>
#include <functional>

#include "platform/base/text.hpp"

namespace zoetrope::archive {

namespace {

constexpr std::size_t component_bytes_max = 255;  // of ext4, XFS and APFS; NTFS has 255 units
constexpr std::size_t number_bytes = 24;          // ` (18446744073709551615)`

// Names of devices on Windows, with any ending.
bool is_device(std::string_view name) {
    std::string stem = fold_case(name.substr(0, name.find('.')));
    while (stem.ends_with(' ')) stem.pop_back();
    static constexpr std::string_view devices[] = {"con", "prn", "aux", "nul", "conin$", "conout$"};
    if (std::ranges::find(devices, stem) != std::end(devices)) return true;
    if (!stem.starts_with("com") && !stem.starts_with("lpt")) return false;
    const std::string_view number = std::string_view(stem).substr(3);
    static constexpr std::string_view raised[] = {"\u00b9", "\u00b2", "\u00b3"};
    return (number.size() == 1 && number[0] >= '0' && number[0] <= '9') ||
           std::ranges::find(raised, number) != std::end(raised);
}

std::string numbered(std::string_view name, std::size_t number) {
    const std::string mark = " (" + std::to_string(number) + ")";
    const std::size_t dot = name.rfind('.');
    const std::size_t at = dot == name.npos || dot == 0 ? name.size() : dot;
    return std::string(name.substr(0, at)).append(mark).append(name.substr(at));
}

}  // namespace

std::string portable_name(std::string_view name) {
    std::string out;
    for (const char c : one_line(name))
        out += std::string_view("<>:\"/\\|?*").contains(c) ? '_' : c;
    out = cut_file_name(out, {.bytes = component_bytes_max - number_bytes});
    while (out.ends_with('.') || out.ends_with(' ')) out.pop_back();
    if (out.empty()) return "untitled";
    return is_device(out) ? "_" + out : out;
}

std::string Names::take(std::string_view path) {
    std::string folders;
    std::size_t slash = path.find('/');
    for (; slash != path.npos; slash = path.find('/')) {
        folders += portable_name(path.substr(0, slash)) + "/";
        path.remove_prefix(slash + 1);
    }
    const std::string name = portable_name(path);
    const auto is_new = [this, &folders](const std::string& candidate) {
        const std::string folded = fold_for_search(folders + candidate);
        return taken_.insert(std::hash<std::string>{}(folded)).second;
    };
    std::string made = name;
    for (std::size_t i = 2; !is_new(made); ++i) made = numbered(name, i);
    return folders + made;
}

}  // namespace zoetrope::archive
