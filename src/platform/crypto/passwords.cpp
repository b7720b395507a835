#include "platform/crypto/passwords.hpp"

#include <crypt.h>
#include <sodium.h>

#include <cstdio>
#include <memory>
#include <new>
#include <stdexcept>

#include "platform/crypto/hash_memory.hpp"
#include "platform/crypto/keys.hpp"

namespace zoetrope::crypto {

namespace {

bool is_bcrypt(std::string_view hash) {
    return hash.size() == 60 && hash.starts_with("$2") && hash[3] == '$';
}

// In a block of its own, 32 KiB, which is wiped: it held the password.
std::string bcrypt(std::string_view password, const char* setting) {
    const auto data = std::make_unique<crypt_data>();
    const std::string phrase(password);
    const char* made = crypt_r(phrase.c_str(), setting, data.get());
    std::string out = made && made[0] != '*' ? made : "";
    sodium_memzero(data.get(), sizeof(crypt_data));
    return out;
}

std::string hash_with_argon2id(std::string_view password, const PasswordScheme& scheme) {
    const HashMemory memory;
    char out[crypto_pwhash_STRBYTES];
    const int bad = crypto_pwhash_str_alg(
        out,
        password.data(),
        password.size(),
        scheme.passes,
        scheme.memory_bytes,
        crypto_pwhash_ALG_ARGON2ID13
    );
    if (bad != 0) throw std::bad_alloc();
    return out;
}

std::string hash_with_bcrypt(std::string_view password, const PasswordScheme& scheme) {
    unsigned char salt[16];
    randombytes_buf(salt, sizeof(salt));
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    if (!crypt_gensalt_rn(
            "$2b$",
            scheme.cost,
            reinterpret_cast<char*>(salt),
            sizeof(salt),
            setting,
            sizeof(setting)
        ))
        throw std::runtime_error("bcrypt does not know this cost");
    std::string hash = bcrypt(password, setting);
    if (hash.empty()) throw std::runtime_error("bcrypt failed");
    return hash;
}

}  // namespace

std::string hash_password(std::string_view password, const PasswordScheme& scheme) {
    return scheme.kind == PasswordScheme::Kind::argon2id ? hash_with_argon2id(password, scheme)
                                                         : hash_with_bcrypt(password, scheme);
}

bool verify_password(std::string_view password, const std::string& hash) {
    if (is_bcrypt(hash)) {
        // What bcrypt would not look at makes no other password right; it takes as long to say so.
        const bool is_whole = password.size() <= bcrypt_bytes_max && !password.contains('\0');
        const std::string_view seen = is_whole ? password : std::string_view("none");
        return equal_in_constant_time(bcrypt(seen, hash.c_str()), hash) && is_whole;
    }
    const HashMemory memory;
    return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

bool needs_rehash(const std::string& hash, const PasswordScheme& scheme) {
    if (scheme.kind == PasswordScheme::Kind::argon2id) {
        return !hash.starts_with("$argon2id$") ||
               crypto_pwhash_str_needs_rehash(hash.c_str(), scheme.passes, scheme.memory_bytes) !=
                   0;
    }
    char cost[8];
    std::snprintf(cost, sizeof(cost), "%02u", scheme.cost);
    return !is_bcrypt(hash) || std::string_view(hash).substr(4, 2) != cost;
}

}  // namespace zoetrope::crypto
