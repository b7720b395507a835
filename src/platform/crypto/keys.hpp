// The master key and what is done with it. One key per installation: everything that must be read
// again (signing keys, webhook secrets, provider keys) is sealed under it, and the keys of MACs are
// derived from it (libsodium: BLAKE2b KDF, XSalsa20-Poly1305, keyed BLAKE2b).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "platform/base/result.hpp"

namespace zoetrope::crypto {

// 32 secret bytes, wiped when they go. Never printed.
class Key {
  public:
    using Bytes = std::array<unsigned char, 32>;
    explicit Key(const Bytes& bytes) : bytes_(bytes) {}
    Key(const Key&) = default;
    Key& operator=(const Key&) = default;
    ~Key();

    static Key random();
    const unsigned char* data() const { return bytes_.data(); }

    // A key of its own for a purpose; `context` has eight characters.
    Key derive(std::string_view context) const;
    // A MAC as 43 characters of base64url.
    std::string mac(std::string_view text) const;
    // 128 bits of a MAC, to look things up by without comparing them.
    std::array<std::uint64_t, 2> fingerprint(std::string_view text) const;
    // nonce and ciphertext in base64url
    std::string seal(std::string_view plain) const;
    // nullopt when it was not sealed with this key
    std::optional<std::string> open(std::string_view sealed) const;

  private:
    Bytes bytes_;
};

// From `text` (64 hex digits) when it is given, else from the file `folder`/secret.key, made with
// mode 0600 if `may_make`. Errors: invalid, naming what to do; unavailable when the file cannot be
// read or written.
Result<Key> master_key(std::string_view text, const std::filesystem::path& folder, bool may_make);

std::string to_base64(std::string_view bytes);
// base64url without padding (RFC 4648 section 5)
std::string to_base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);
// `bytes` random bytes, in base64url: 32 make a secret of 43 characters
std::string random_text(std::size_t bytes = 32);
// In time that does not tell where two texts of equal length differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace zoetrope::crypto
