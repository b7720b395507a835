// Cron: a schedule that is accepted comes again, later than now and within forty-one years, and at
// no moment between says another time.
#include "platform/queue/cron.hpp"
#include "tests/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace zoetrope;
    using fuzz::must;
    constexpr std::int64_t minute = 60'000'000;
    std::string_view rest = fuzz::as_text(bytes, size);
    std::int64_t now = 0;  // a minute of the years 1970 to 2098
    for (int i = 0; i < 3; ++i) now = now << 8 | fuzz::take_choice(rest, 256);
    now = now * 4 * minute + fuzz::take_choice(rest, 256) * 1'000'003;
    const auto cron = queue::Cron::read(rest);
    if (!cron) {
        must(cron.error().fields.at(0).field == "cron");
        return 0;
    }
    const Instant next = cron->next_after({now});
    must(next.us > now && next.us % minute == 0);
    must(next.us - now <= 41LL * 366 * 24 * 60 * minute);
    must(cron->next_after({next.us - 1}) == next);
    must(cron->next_after({now + (next.us - now) / 2}) == next || next.us - now <= 1);
    must(cron->next_after(next) > next);
    return 0;
}
