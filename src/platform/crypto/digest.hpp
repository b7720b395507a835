// BLAKE2b-256 (RFC 7693) in lower-case hex: the name of a blob, of an input, of a migration's text.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace zoetrope::crypto {

class Digest {
  public:
    Digest();
    void add(std::span<const std::byte> bytes);
    void add(std::string_view bytes) { add(std::as_bytes(std::span(bytes))); }
    std::string finish();  // 64 hex digits; once

  private:
    alignas(64
    ) std::array<unsigned char, 384> state_;  // crypto_generichash_state, kept out of this header
};

std::string digest(std::string_view bytes);
std::string to_hex(std::span<const unsigned char> bytes);

}  // namespace zoetrope::crypto
