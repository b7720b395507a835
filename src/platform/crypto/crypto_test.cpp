#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <thread>

#include "platform/crypto/keys.hpp"
#include "platform/crypto/passwords.hpp"
#include "platform/crypto/signatures.hpp"
#include "tests/support/support.hpp"

namespace zoetrope::crypto {
namespace {

TEST(Key, seals_and_opens_and_notices_every_change) {
    const Key key = Key::random();
    const std::string sealed = key.seal("a signing key");
    EXPECT_EQ(key.open(sealed), "a signing key");
    EXPECT_NE(key.seal("a signing key"), sealed) << "no two are alike";
    EXPECT_EQ(Key::random().open(sealed), std::nullopt);
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        std::string changed = sealed;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_NE(key.open(changed), "a signing key") << i;
    }
    EXPECT_EQ(key.open(""), std::nullopt);
    EXPECT_EQ(key.open("not base64!"), std::nullopt);
}

// Else one value, and so one token, would have several texts.
TEST(Base64, knows_only_its_own_letters) {
    EXPECT_EQ(from_base64url("-_-_"), "\xfb\xff\xbf");
    for (int byte = 0; byte < 256; ++byte) {
        const bool is_letter = byte < 0x80 && (std::isalnum(byte) || byte == '-' || byte == '_');
        EXPECT_EQ(from_base64url(std::string{'_', char(byte), '_', '_'}).has_value(), is_letter)
            << byte;
    }
}

TEST(Key, derives_others_that_do_not_meet) {
    const Key key = Key::random();
    EXPECT_EQ(key.derive("refresh").mac("x"), key.derive("refresh").mac("x"));
    EXPECT_NE(key.derive("refresh").mac("x"), key.derive("setup").mac("x"));
}

TEST(MasterKey, is_made_once_for_the_owner_alone_and_never_half) {
    const test::Folder folder;
    EXPECT_FALSE(master_key("", folder.path(), false));
    const auto made = master_key("", folder.path(), true);
    ASSERT_TRUE(made);
    const auto again = master_key("", folder.path(), false);
    ASSERT_TRUE(again);
    EXPECT_EQ(made->mac("x"), again->mac("x"));
    struct stat file{};
    ASSERT_EQ(::stat((folder.path() / "secret.key").c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777, 0600U);
    EXPECT_FALSE(master_key("abc", folder.path(), false)) << "a key that is given is not ignored";
    EXPECT_TRUE(master_key(std::string(64, 'a'), folder.path(), false));
}

TEST(Password, of_both_kinds_is_right_only_when_it_is) {
    PasswordScheme argon;
    argon.passes = 1;
    argon.memory_bytes = 8 << 20;
    PasswordScheme bcrypt{.kind = PasswordScheme::Kind::bcrypt, .cost = 4};
    for (const PasswordScheme& scheme : {argon, bcrypt}) {
        const std::string hash = hash_password("correct horse", scheme);
        EXPECT_TRUE(verify_password("correct horse", hash));
        EXPECT_FALSE(verify_password("correct horsf", hash));
        EXPECT_FALSE(verify_password("", hash));
        EXPECT_FALSE(needs_rehash(hash, scheme));
    }
    EXPECT_TRUE(needs_rehash(hash_password("x", bcrypt), argon));
    EXPECT_TRUE(needs_rehash(hash_password("x", argon), bcrypt));
    PasswordScheme dearer = bcrypt;
    dearer.cost = 5;
    EXPECT_TRUE(needs_rehash(hash_password("x", bcrypt), dearer));
}

// Crypt's own test vectors for $2b$ (Openwall, crypt_blowfish).
TEST(Password, of_bcrypt_is_the_worlds_bcrypt) {
    EXPECT_TRUE(
        verify_password("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")
    );
    EXPECT_FALSE(
        verify_password("U*V", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")
    );
    EXPECT_FALSE(verify_password("anything", "not a hash"));
    EXPECT_FALSE(verify_password("anything", ""));
}

TEST(Password, past_what_bcrypt_looks_at_is_never_right) {
    const PasswordScheme bcrypt{.kind = PasswordScheme::Kind::bcrypt, .cost = 4};
    const std::string long_one(72, 'x');
    const std::string hash = hash_password(long_one, bcrypt);
    EXPECT_TRUE(verify_password(long_one, hash));
    EXPECT_FALSE(verify_password(long_one + "y", hash));
    EXPECT_FALSE(verify_password(std::string("ab\0cd", 5), hash_password("ab", bcrypt)));
}

TEST(Signature, is_of_one_text_and_one_key) {
    const auto pair = SigningPair::make();
    const std::string signature = sign(pair, "a text");
    EXPECT_TRUE(verify(pair.public_key, "a text", signature));
    EXPECT_FALSE(verify(pair.public_key, "a texu", signature));
    EXPECT_FALSE(verify(SigningPair::make().public_key, "a text", signature));
    EXPECT_FALSE(verify(pair.public_key, "a text", signature.substr(1)));
}

std::int64_t pages_mapped() {
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_minflt;
}

TEST(Passwords, a_thread_hashes_in_the_memory_that_it_has) {
    const PasswordScheme scheme;
    const std::string hash = hash_password("one of them", scheme);
    const std::int64_t before = pages_mapped();
    const std::string again = hash_password("another one", scheme);
    EXPECT_TRUE(verify_password("another one", again));
    EXPECT_FALSE(verify_password("one of them", again));
    EXPECT_TRUE(verify_password("one of them", hash));
    const std::int64_t of_one_hash = std::int64_t(scheme.memory_bytes) / 4096;
    EXPECT_LT(pages_mapped() - before, of_one_hash / 4);
    // In memory that nobody used before, and in other amounts.
    std::thread([&] {
        EXPECT_TRUE(verify_password("one of them", hash));
        PasswordScheme larger;
        larger.memory_bytes *= 2;
        EXPECT_TRUE(verify_password("a third", hash_password("a third", larger)));
        EXPECT_TRUE(verify_password("another one", again));
    }).join();
}

}  // namespace
}  // namespace zoetrope::crypto
