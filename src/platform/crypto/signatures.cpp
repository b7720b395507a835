#include "platform/crypto/signatures.hpp"

#include <sodium.h>

#include "platform/crypto/bytes.hpp"

namespace zoetrope::crypto {

SigningPair::~SigningPair() { sodium_memzero(secret_key.data(), secret_key.size()); }

SigningPair SigningPair::make() {
    SigningPair pair(
        std::string(crypto_sign_PUBLICKEYBYTES, '\0'), std::string(crypto_sign_SECRETKEYBYTES, '\0')
    );
    crypto_sign_keypair(raw(pair.public_key), raw(pair.secret_key));
    return pair;
}

bool SigningPair::has_right_sizes() const {
    return public_key.size() == crypto_sign_PUBLICKEYBYTES &&
           secret_key.size() == crypto_sign_SECRETKEYBYTES;
}

std::string sign(const SigningPair& pair, std::string_view text) {
    std::string signature(crypto_sign_BYTES, '\0');
    crypto_sign_detached(raw(signature), nullptr, raw(text), text.size(), raw(pair.secret_key));
    return signature;
}

bool verify(std::string_view public_key, std::string_view text, std::string_view signature) {
    return signature.size() == crypto_sign_BYTES &&
           public_key.size() == crypto_sign_PUBLICKEYBYTES &&
           crypto_sign_verify_detached(raw(signature), raw(text), text.size(), raw(public_key)) ==
               0;
}

}  // namespace zoetrope::crypto
