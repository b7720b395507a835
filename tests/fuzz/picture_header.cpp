// Headers of pictures: what is accepted is of a size that can be worked with, and everything else
// is refused in words.
#include "engine/channel.hpp"
#include "engine/picture.hpp"
#include "tests/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using zoetrope::fuzz::must;
    try {
        const auto header = zoetrope::engine::read_header({bytes, size});
        must(header.media_type.starts_with("image/"));
        must(header.width >= 16 && header.width <= 30'000);
        must(header.height >= 16 && header.height <= 30'000);
        must(header.orientation >= 1 && header.orientation <= 8);
        must(header.sample_bytes >= 3 && header.sample_bytes <= 8);
        must(header.coefficient_bytes >= 0 && header.coefficient_bytes <= 300'000'000);
        must(std::int64_t(header.width) * header.height <= 120'000'000);
    } catch (const zoetrope::engine::Refused& refused) {
        must(std::string_view(refused.what()).ends_with('.'));
    }
    return 0;
}
