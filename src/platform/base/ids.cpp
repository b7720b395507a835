#include "platform/base/ids.hpp"

#include <sys/random.h>

#include <algorithm>
#include <chrono>

namespace zoetrope {

namespace {

struct Randoms {
    std::array<std::uint8_t, 4096> bytes;
    std::size_t used = sizeof bytes;

    // The kernel's generator, asked for 4 KiB at a time: a call for each id would cost more than
    // the id.
    void take(std::uint8_t* out, std::size_t count) {
        if (used + count > bytes.size()) {
            std::size_t filled = 0;
            while (filled < bytes.size()) {
                const ssize_t got = getrandom(bytes.data() + filled, bytes.size() - filled, 0);
                if (got > 0) filled += std::size_t(got);
            }
            used = 0;
        }
        std::memcpy(out, bytes.data() + used, count);
        used += count;
    }
};

thread_local Randoms randoms;
thread_local std::uint64_t last_stamp = 0;  // milliseconds << 12 | counter

}  // namespace

Uuid Uuid::make_v7() {
    const auto ms = std::uint64_t(std::chrono::duration_cast<std::chrono::milliseconds>(
                                      std::chrono::system_clock::now().time_since_epoch()
    )
                                      .count());
    std::array<std::uint8_t, 16> raw;
    randoms.take(raw.data() + 8, 8);
    // rand_a is a counter (RFC 9562 section 6.2, method 1), so ids of one thread sort in the order
    // they were made.
    last_stamp = std::max(last_stamp + 1, ms << 12);
    const std::uint64_t stamp = last_stamp >> 12;
    for (std::size_t i = 0; i < 6; ++i) raw[i] = std::uint8_t(stamp >> (40 - 8 * i));
    raw[6] = std::uint8_t(0x70 | ((last_stamp >> 8) & 0x0f));
    raw[7] = std::uint8_t(last_stamp);
    raw[8] = std::uint8_t(0x80 | (raw[8] & 0x3f));

    static constexpr char hex[] = "0123456789abcdef";
    Uuid uuid;
    std::size_t at = 0;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) uuid.text[at++] = '-';
        uuid.text[at++] = hex[raw[i] >> 4];
        uuid.text[at++] = hex[raw[i] & 15];
    }
    return uuid;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
    Uuid uuid;
    if (text.size() != uuid.text.size()) return std::nullopt;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const char c = text[i] >= 'A' && text[i] <= 'F' ? char(text[i] | 0x20) : text[i];
        const bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (dash ? c != '-' : !is_hex) return std::nullopt;
        uuid.text[i] = c;
    }
    return uuid;
}

}  // namespace zoetrope
