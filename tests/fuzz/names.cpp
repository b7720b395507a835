// Names and texts of strangers: whatever a file is called, its name in an archive can be made on
// every system, and is nobody else's; what is cut or folded stays UTF-8, and folding twice changes
// nothing. Input: two names, a line each.
#include <algorithm>

#include "platform/archive/names.hpp"
#include "platform/base/text.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace zoetrope {
namespace {

using fuzz::must;

constexpr std::size_t component_bytes_max = 255;

void check_component(std::string_view name) {
    must(!name.empty() && name.size() <= component_bytes_max && is_utf8(name));
    must(name != "." && name != ".." && name.find_first_of("<>:\"|?*\\/") == name.npos);
    must(std::ranges::none_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7f; }));
    must(!name.ends_with('.') && !name.ends_with(' '));
}

void check_path(std::string_view path) {
    while (true) {
        const std::size_t slash = path.find('/');
        check_component(path.substr(0, slash));
        if (slash == path.npos) return;
        path.remove_prefix(slash + 1);
    }
}

void check_text(std::string_view bytes) {
    const std::string text = valid_utf8(bytes);
    must(is_utf8(text));
    const std::string folded = fold_for_search(text);
    must(is_utf8(folded) && fold_for_search(folded) == folded);
    const std::string cut = cut_file_name(text, {.code_points = 20, .bytes = 60});
    must(is_utf8(cut) && cut.size() <= 60 && code_points(cut) <= 20);
    must(cut_file_name(cut, {.code_points = 20, .bytes = 60}) == cut);
}

}  // namespace
}  // namespace zoetrope

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace zoetrope;
    std::string_view rest = fuzz::as_text(bytes, size);
    const std::string first = valid_utf8(fuzz::take_line(rest));
    const std::string second = valid_utf8(rest);
    check_component(archive::portable_name(first));
    archive::Names names;
    const std::string one = names.take(first), other = names.take(second),
                      again = names.take(first);
    for (const std::string& path : {one, other, again}) check_path(path);
    fuzz::must(one != other && one != again && other != again);
    check_text(fuzz::as_text(bytes, size));
    return 0;
}
