// Ed25519 signatures (RFC 8032). Keys and signatures are raw bytes.
#pragma once

#include <string>
#include <string_view>

namespace zoetrope::crypto {

struct SigningPair {
    std::string public_key;  // 32 bytes
    std::string secret_key;  // 64 bytes; wiped when it goes
    SigningPair() = default;
    SigningPair(std::string open, std::string secret)
        : public_key(std::move(open)),
          secret_key(std::move(secret)) {}
    SigningPair(SigningPair&&) = default;
    SigningPair& operator=(SigningPair&&) = default;
    ~SigningPair();

    static SigningPair make();
    bool has_right_sizes() const;
};

std::string sign(const SigningPair& pair, std::string_view text);
bool verify(std::string_view public_key, std::string_view text, std::string_view signature);

}  // namespace zoetrope::crypto
