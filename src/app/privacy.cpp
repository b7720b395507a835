#include "app/privacy.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstring>

#include "app/config.hpp"
#include "platform/base/sanitized.hpp"

namespace zoetrope::app {

namespace {

// A database's URL is for everybody to see when it has no password.
bool is_worth_hiding(const Setting& setting, std::string_view text) {
    if (!setting.secret || text.empty()) return false;
    if (setting.name != "database") return true;
    const std::size_t scheme = text.find("://");
    const std::string_view rest = scheme == text.npos ? text : text.substr(scheme + 3);
    const std::string_view user = rest.substr(0, rest.rfind('@'));
    const bool in_user = user.size() < rest.size() && user.contains(':');
    return in_user || text.contains("password");
}

}  // namespace

mode_t keep_private() {
    constexpr rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    if (!sanitized) ::prctl(PR_SET_DUMPABLE, 0);
    return ::umask(077);
}

std::vector<std::string> wipe_secrets(std::span<char*> arguments) {
    std::vector<std::string> found;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        for (const Setting& setting : settings()) {
            const std::string flag = "--" + std::string(setting.name);
            char* value = nullptr;
            if (arguments[i] == flag && i + 1 < arguments.size()) {
                value = arguments[i + 1];
            } else if (std::string_view(arguments[i]).starts_with(flag + "=")) {
                value = arguments[i] + flag.size() + 1;
            }
            if (!value || !is_worth_hiding(setting, value)) continue;
            std::memset(value, '*', std::strlen(value));
            found.push_back(flag);
        }
    }
    return found;
}

}  // namespace zoetrope::app
