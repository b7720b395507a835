// Settings in TOML, up to the configuration: whatever the file says, each error names a setting
// that exists, the file or the key that is none; and what was accepted is accepted again.
#include <algorithm>

#include "app/config.hpp"
#include "app/settings_file.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace zoetrope::app {
namespace {

using fuzz::must;

std::string as_toml(const SettingTexts& texts) {
    std::string out;
    for (const auto& [name, text] : texts) {
        std::string key = name;
        std::ranges::replace(key, '-', '_');
        out += key + " = \"";
        for (const char c : text) {
            constexpr char hex[] = "0123456789abcdef";
            const auto byte = static_cast<unsigned char>(c);
            if (byte < 0x20 || byte == 0x7f || c == '"' || c == '\\') {
                out += std::string("\\u00") + hex[byte >> 4] + hex[byte & 15];
            } else {
                out += c;
            }
        }
        out += "\"\n";
    }
    return out;
}

void check(std::string_view toml) {
    const std::string file = "zoetrope.toml";
    const auto texts = read_settings(toml, file);
    if (!texts) {
        const FieldError& first = texts.error().fields.at(0);
        must(first.field == "--config" || toml.contains('=') || toml.contains('['));
        must(first.message.contains(file));
        return;
    }
    const auto again = read_settings(as_toml(*texts), file);
    must(again && *again == *texts);
    const auto config = to_config(gather({}, *texts, file));
    if (config) return;
    must(!config.error().fields.empty());
    for (const FieldError& each : config.error().fields)
        must(std::ranges::find(settings(), each.field, &Setting::name) != settings().end());
}

}  // namespace
}  // namespace zoetrope::app

extern "C" int LLVMFuzzerInitialize(int*, char***) { return ::clearenv(); }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    zoetrope::app::check(zoetrope::fuzz::as_text(bytes, size));
    return 0;
}
