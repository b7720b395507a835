#include "app/settings_file.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "platform/base/text.hpp"

namespace zoetrope::app {

namespace {

constexpr std::size_t file_bytes_max = 256 * 1024;
constexpr int depth_max = 8;  // tables in tables; no setting's name has so many words

const Setting* find_setting(const std::string& key) {
    std::string name = key;
    std::ranges::replace(name, '_', '-');
    const auto found = std::ranges::find(settings(), name, &Setting::name);
    return found == settings().end() || key.contains('-') ? nullptr : &*found;
}

// Nothing for what no setting can be: a fraction, a date, a list in a list.
std::optional<std::string> text_of(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
    return std::nullopt;
}

std::optional<std::string> list_of(const toml::array& array) {
    std::string out;
    for (const toml::node& item : array) {
        const auto text = text_of(item);
        if (!text) return std::nullopt;
        out += (out.empty() ? "" : ",") + *text;
    }
    return out;
}

class Reading {
  public:
    explicit Reading(const std::string& file) : file_(file) {}

    Result<void> table(const toml::table& from, const std::string& prefix, int depth) {
        for (const auto& [key, node] : from) {
            const std::string name = prefix + std::string(key.str());
            const auto* inner = node.as_table();
            if (inner && depth < depth_max) {
                CHECK(table(*inner, name + "_", depth + 1));
            } else {
                CHECK(value(name, node));
            }
        }
        return {};
    }
    SettingTexts take() { return std::move(found_); }

  private:
    Result<void> value(const std::string& key, const toml::node& node) {
        const Setting* setting = find_setting(key);
        if (!setting) return wrong(key, "is not a setting; `zoetrope config` lists them");
        const auto* array = node.as_array();
        auto text = array ? list_of(*array) : text_of(node);
        if (!text)
            return wrong(key, "must be text, a whole number, true or false, or a list of these");
        if (!found_.emplace(setting->name, *std::move(text)).second)
            return wrong(key, "is there twice; leave one out");
        return {};
    }
    std::unexpected<Error> wrong(const std::string& key, const std::string& why) const {
        return invalid(on_one_line(key), "in " + file_ + " " + why);
    }

    const std::string& file_;
    SettingTexts found_;
};

std::unexpected<Error> unusable(const std::string& file, const std::string& why) {
    return invalid("--config", "file " + file + " cannot be used: " + why);
}

}  // namespace

Result<SettingTexts> read_settings(std::string_view toml, const std::string& file) {
    const toml::parse_result parsed = toml::parse(toml, file);
    if (!parsed) {
        return unusable(
            file,
            on_one_line(parsed.error().description()) + " (line " +
                std::to_string(parsed.error().source().begin.line) + ")"
        );
    }
    Reading reading(file);
    CHECK(reading.table(parsed.table(), "", 1));
    return reading.take();
}

Result<SettingTexts> read_settings_file(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::string text(file_bytes_max + 1, '\0');
    in.read(text.data(), std::streamsize(text.size()));
    if (in.bad() || (in.gcount() == 0 && !in.eof())) return unusable(file, "it cannot be read");
    if (std::size_t(in.gcount()) > file_bytes_max)
        return unusable(file, "it is larger than 256 KiB");
    text.resize(std::size_t(in.gcount()));
    return read_settings(text, file);
}

}  // namespace zoetrope::app
