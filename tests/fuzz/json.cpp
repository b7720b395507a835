// The JSON reader: whatever comes, it answers; and what it accepted reads the same once written.
#include <cstdlib>

#include "platform/base/ids.hpp"
#include "platform/base/json/read.hpp"
#include "platform/base/json/write.hpp"
#include "platform/base/time.hpp"

namespace zoetrope {
namespace {

enum class Mood : std::uint8_t { calm, merry };
BOOST_DESCRIBE_ENUM(Mood, calm, merry)

struct Inner {
    std::string text;
    std::optional<Instant> at;
    std::vector<std::int64_t> numbers;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (text, at, numbers))

struct Outer {
    std::string name;
    double share = 0;
    bool on = false;
    Mood mood{};
    std::optional<std::string> note;
    std::vector<Inner> inner;
    json::Raw raw;
};
BOOST_DESCRIBE_STRUCT(Outer, (), (name, share, on, mood, note, inner, raw))

template <class T>
void read_and_read_again(std::string_view text) {
    const auto first = json::read<T>(text);
    if (!first) {
        if (first.error().message.empty()) std::abort();
        return;
    }
    std::string written, again;
    json::write(written, *first);
    const auto second = json::read<T>(written);
    if (!second) std::abort();
    json::write(again, *second);
    if (written != again) std::abort();
}

}  // namespace
}  // namespace zoetrope

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    zoetrope::read_and_read_again<zoetrope::Outer>(text);
    zoetrope::read_and_read_again<std::vector<zoetrope::Inner>>(text);
    return 0;
}
