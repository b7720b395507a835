#include "platform/crypto/keys.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "platform/crypto/bytes.hpp"
#include "platform/crypto/digest.hpp"

namespace zoetrope::crypto {

namespace {

constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

std::optional<Key> from_hex(std::string_view text) {
    Key::Bytes bytes;
    std::size_t made = 0;
    const int bad = sodium_hex2bin(
        bytes.data(), bytes.size(), text.data(), text.size(), "\n\r ", &made, nullptr
    );
    if (bad != 0 || made != bytes.size()) return std::nullopt;
    return Key(bytes);
}

std::string read_small(const std::string& path) {
    char text[256];
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return {};
    const ssize_t got = ::read(file, text, sizeof(text));
    ::close(file);
    return got > 0 ? std::string(text, std::size_t(got)) : std::string();
}

// Written beside and named at the end, so that no process ever reads half a key; who comes second
// takes the first one's.
bool write_once(const std::string& path, const std::string& text) {
    const std::string part = path + "." + std::to_string(::getpid());
    const int file = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return false;
    bool good =
        ::write(file, text.data(), text.size()) == ssize_t(text.size()) && ::fsync(file) == 0;
    ::close(file);
    good = good && (::link(part.c_str(), path.c_str()) == 0 || errno == EEXIST);
    ::unlink(part.c_str());
    return good;
}

}  // namespace

Key::~Key() { sodium_memzero(bytes_.data(), bytes_.size()); }

Key Key::random() {
    Bytes bytes;
    randombytes_buf(bytes.data(), bytes.size());
    return Key(bytes);
}

Key Key::derive(std::string_view context) const {
    static_assert(crypto_kdf_KEYBYTES == sizeof(Bytes) && crypto_kdf_CONTEXTBYTES == 8);
    char name[crypto_kdf_CONTEXTBYTES]{};
    std::memcpy(name, context.data(), std::min(context.size(), sizeof(name)));
    Bytes bytes;
    crypto_kdf_derive_from_key(bytes.data(), bytes.size(), 1, name, bytes_.data());
    return Key(bytes);
}

std::string Key::mac(std::string_view text) const {
    unsigned char out[32];
    crypto_generichash(out, sizeof(out), raw(text), text.size(), bytes_.data(), bytes_.size());
    return to_base64url({reinterpret_cast<const char*>(out), sizeof(out)});
}

std::array<std::uint64_t, 2> Key::fingerprint(std::string_view text) const {
    std::array<std::uint64_t, 2> out;
    crypto_generichash(
        reinterpret_cast<unsigned char*>(out.data()),
        sizeof(out),
        raw(text),
        text.size(),
        bytes_.data(),
        bytes_.size()
    );
    return out;
}

std::string Key::seal(std::string_view plain) const {
    std::string out(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + plain.size(), '\0');
    auto* bytes = reinterpret_cast<unsigned char*>(out.data());
    randombytes_buf(bytes, crypto_secretbox_NONCEBYTES);
    crypto_secretbox_easy(
        bytes + crypto_secretbox_NONCEBYTES, raw(plain), plain.size(), bytes, bytes_.data()
    );
    return to_base64url(out);
}

std::optional<std::string> Key::open(std::string_view sealed) const {
    const auto bytes = from_base64url(sealed);
    constexpr std::size_t around = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
    if (!bytes || bytes->size() < around) return std::nullopt;
    std::string plain(bytes->size() - around, '\0');
    const int bad = crypto_secretbox_open_easy(
        reinterpret_cast<unsigned char*>(plain.data()),
        raw(*bytes) + crypto_secretbox_NONCEBYTES,
        bytes->size() - crypto_secretbox_NONCEBYTES,
        raw(*bytes),
        bytes_.data()
    );
    if (bad != 0) return std::nullopt;
    return plain;
}

Result<Key> master_key(std::string_view text, const std::filesystem::path& folder, bool may_make) {
    if (!text.empty()) {
        if (const auto key = from_hex(text)) return *key;
        return invalid("secret-key", "must be 64 hex digits, such as `openssl rand -hex 32` gives");
    }
    const std::string path = (folder / "secret.key").string();
    std::string found = read_small(path);
    if (found.empty() && may_make) {
        const Key made = Key::random();
        if (!write_once(path, to_hex({made.data(), sizeof(Key::Bytes)}) + "\n"))
            return failure(Code::unavailable, "The secret key cannot be written to " + path + ".");
        found = read_small(path);
    }
    if (const auto key = from_hex(found)) return *key;
    if (!found.empty()) return invalid("secret.key", "in " + folder.string() + " is damaged");
    return invalid(
        "secret-key",
        "is missing: every server on one PostgreSQL database needs the same. Make one with "
        "`openssl "
        "rand -hex 32` and give it to each as ZOETROPE_SECRET_KEY"
    );
}

std::string to_base64(std::string_view bytes) {
    constexpr int padded = sodium_base64_VARIANT_ORIGINAL;
    std::string out(sodium_base64_ENCODED_LEN(bytes.size(), padded), '\0');
    sodium_bin2base64(out.data(), out.size(), raw(bytes), bytes.size(), padded);
    out.pop_back();
    return out;
}

std::string to_base64url(std::string_view bytes) {
    std::string out(sodium_base64_ENCODED_LEN(bytes.size(), variant), '\0');
    sodium_bin2base64(out.data(), out.size(), raw(bytes), bytes.size(), variant);
    out.pop_back();
    return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
    // libsodium 1.0.18 takes bytes above 0x7f for letters: one value would have several texts.
    if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x7f; }))
        return std::nullopt;
    std::string out(text.size(), '\0');
    std::size_t made = 0;
    const int bad = sodium_base642bin(
        reinterpret_cast<unsigned char*>(out.data()),
        out.size(),
        text.data(),
        text.size(),
        nullptr,
        &made,
        nullptr,
        variant
    );
    if (bad != 0) return std::nullopt;
    out.resize(made);
    return out;
}

std::string random_text(std::size_t bytes) {
    std::string random(bytes, '\0');
    randombytes_buf(random.data(), random.size());
    return to_base64url(random);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace zoetrope::crypto
