#include "platform/crypto/signatures.hpp"

#include <gmock/gmock.h>

#include "platform/crypto/keys.hpp"
#include "tests/support/vectors.hpp"

namespace zoetrope::crypto {
namespace {

std::string from_hex(std::string_view hex) {
    std::string out;
    for (std::size_t at = 0; at + 1 < hex.size(); at += 2)
        out += char(std::stoi(std::string(hex.substr(at, 2)), nullptr, 16));
    return out;
}

std::string text_of(const boost::json::value& object, const char* name) {
    return std::string(std::string_view(object.at(name).as_string()));
}

// C2SP/wycheproof: signatures of other keys and texts, cut ones, malleable ones, odd points.
TEST(SignatureVectors, are_right_only_where_wycheproof_says_so) {
    const auto all = test::vectors_of("wycheproof/testvectors_v1/ed25519_test.json");
    int seen = 0;
    for (const auto& group : all.at("testGroups").as_array()) {
        const std::string key = from_hex(text_of(group.at("publicKey"), "pk"));
        for (const auto& each : group.at("tests").as_array()) {
            const std::string text = from_hex(text_of(each, "msg"));
            const bool is_right = verify(key, text, from_hex(text_of(each, "sig")));
            EXPECT_EQ(is_right, text_of(each, "result") == "valid")
                << each.at("tcId") << " " << text_of(each, "comment");
            ++seen;
        }
    }
    EXPECT_EQ(seen, all.at("numberOfTests").as_int64());
}

TEST(SignatureVectors, of_rfc_8037_are_right) {
    const auto bytes = [](std::string_view text) { return from_base64url(text).value_or(""); };
    EXPECT_TRUE(verify(
        bytes("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"),
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
        bytes(
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        )
    ));
}

}  // namespace
}  // namespace zoetrope::crypto
