// Passwords to hashes and back: argon2id (RFC 9106) by libsodium, bcrypt by libxcrypt. Slow on
// purpose; call it from a CpuPool only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace zoetrope::crypto {

struct PasswordScheme {
    enum class Kind : std::uint8_t { argon2id, bcrypt };
    Kind kind = Kind::argon2id;
    // argon2id: what OWASP's password storage page (2024) asks for at least. One lane.
    std::size_t memory_bytes = 19 * 1024 * 1024;
    unsigned passes = 2;
    unsigned cost = 12;  // bcrypt: 2^cost rounds
};

inline constexpr std::size_t bcrypt_bytes_max = 72;  // bcrypt does not look further

// The hash in its usual text (`$argon2id$...`, `$2b$12$...`). Throws std::bad_alloc.
std::string hash_password(std::string_view password, const PasswordScheme& scheme);
// False too for a hash that is none; in the time of a whole check for every known scheme.
bool verify_password(std::string_view password, const std::string& hash);
// Whether the hash was made otherwise than the scheme says.
bool needs_rehash(const std::string& hash, const PasswordScheme& scheme);

}  // namespace zoetrope::crypto
