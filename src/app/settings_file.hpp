// The settings in a file, mostly of TOML: `auth_registration = "closed"`, or `registration` in the
// table `auth`. Values become text, as flags and environment give them; lists become texts with
// commas.
#pragma once

#include <string>
#include <string_view>

#include "app/config.hpp"

namespace zoetrope::app {

// Errors: invalid. Of a mistake in TOML it names the line; of a key that is no setting, or is there
// twice, and of a value that no setting can have, the key.
Result<SettingTexts> read_settings(std::string_view toml, const std::string& file);
// The settings in a file of variables: `ZOETROPE_LOG_LEVEL=debug`, or as an older system has them
// (old_names.hpp). Variables that are not ours are passed over. Errors: the same.
Result<SettingTexts> read_variables(std::string_view text, const std::string& file);
// Reads a settings file from disk, which may be unreadable: of variables when its name ends with
// `.env`, else TOML.
Result<SettingTexts> read_settings_file(const std::string& file);

}  // namespace zoetrope::app
