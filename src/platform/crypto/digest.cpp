#include "platform/crypto/digest.hpp"

#include <sodium.h>

namespace zoetrope::crypto {

namespace {

constexpr std::size_t digest_bytes = 32;

crypto_generichash_state* state_of(std::array<unsigned char, 384>& bytes) {
    static_assert(sizeof(crypto_generichash_state) <= sizeof(bytes));
    return reinterpret_cast<crypto_generichash_state*>(bytes.data());
}

}  // namespace

Digest::Digest() { crypto_generichash_init(state_of(state_), nullptr, 0, digest_bytes); }

void Digest::add(std::span<const std::byte> bytes) {
    crypto_generichash_update(
        state_of(state_), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()
    );
}

std::string Digest::finish() {
    std::array<unsigned char, digest_bytes> out;
    crypto_generichash_final(state_of(state_), out.data(), out.size());
    return to_hex(out);
}

std::string digest(std::string_view bytes) {
    Digest made;
    made.add(bytes);
    return made.finish();
}

std::string to_hex(std::span<const unsigned char> bytes) {
    std::string out(bytes.size() * 2 + 1, '\0');
    sodium_bin2hex(out.data(), out.size(), bytes.data(), bytes.size());
    out.pop_back();
    return out;
}

}  // namespace zoetrope::crypto
