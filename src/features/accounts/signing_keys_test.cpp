#include "features/accounts/signing_keys.hpp"

#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>
#include <set>

#include "platform/base/json/write.hpp"
#include "tests/support/signer.hpp"
#include "tests/support/vectors.hpp"

namespace zoetrope::accounts {
namespace {

using test::Signer;
using Fault = SigningKeys::Fault;

constexpr Instant issued_at{1'800'000'000'000'000};
constexpr const char* session_text = "0190163d-8694-739b-aea5-966c26f8ad91";

std::string payload(const std::string& sub, const std::string& exp) {
    return R"({"iss":"zoetrope","aud":"https://zoetrope.example","sub":")" + sub + R"(","sid":")" +
           session_text + R"(","epoch":3,"iat":1800000000,"nbf":1800000000,"exp":)" + exp + "}";
}

Fault fault_of(const Signer& signer, const std::string& token) {
    Claims claims;
    return signer.keys().verify(token, issued_at, claims);
}

TEST(SigningKeys, believe_what_they_signed_and_nothing_else_that_the_key_signed) {
    const Signer signer;
    const auto fault = [&](const std::string& sub, const std::string& exp) {
        return fault_of(signer, signer.sign(Signer::header, payload(sub, exp)));
    };
    EXPECT_EQ(fault("7", "1800000900"), Fault::none);
    EXPECT_EQ(fault("7", "1800000000"), Fault::expired);
    for (const char* sub : {"", "x", "7x", "07", "+7", " 7", "0", "-7", "99999999999999999999"})
        EXPECT_EQ(fault(sub, "1800000900"), Fault::invalid) << sub;
    EXPECT_EQ(fault("7", "9223372036854775807"), Fault::invalid);
    EXPECT_EQ(fault("7", "-9223372036854775808"), Fault::expired);
}

// Every algorithm of wycheproof's tokens, in a header of ours, signed by our own key.
TEST(SigningKeys, never_let_the_token_choose_the_algorithm) {
    const Signer signer;
    for (const char* alg :
         {"none",
          "None",
          "",
          "eddsa",
          "Ed25519",
          "HS256",
          "HS384",
          "HS512",
          "ES256",
          "ES256K",
          "ES384",
          "ES512",
          "ES521",
          "RS256",
          "RS384",
          "RS512",
          "PS256",
          "PS384",
          "PS512"}) {
        const std::string header =
            R"({"alg":)" + json::to_string(std::string(alg)) + R"(,"typ":"JWT","kid":"key-1"})";
        const std::string token = signer.sign(header, payload("7", "1800000900"));
        EXPECT_EQ(fault_of(signer, token), Fault::invalid) << alg;
        EXPECT_EQ(fault_of(signer, token.substr(0, token.rfind('.') + 1)), Fault::invalid) << alg;
    }
}

// C2SP/wycheproof: none is of EdDSA, so none is ours, whatever its key.
TEST(SigningKeys, refuse_every_token_of_another_algorithm) {
    const Signer signer;
    int seen = 0;
    for (const char* file : {"json_web_signature", "json_web_key", "json_web_crypto"}) {
        const auto all =
            test::vectors_of("wycheproof/testvectors_v1/" + std::string(file) + "_test.json");
        for (const auto& group : all.at("testGroups").as_array()) {
            for (const auto& each : group.at("tests").as_array()) {
                const auto* token = each.as_object().if_contains("jws");
                if (!token) token = &each.at("jwe");
                const std::string text = token->is_string()
                                             ? std::string(std::string_view(token->as_string()))
                                             : boost::json::serialize(*token);
                EXPECT_NE(fault_of(signer, text), Fault::none) << file << " " << each.at("tcId");
                ++seen;
            }
        }
    }
    EXPECT_EQ(seen, 401 + 26 + 83);
}

TEST(SigningKeys, are_published_without_their_secrets) {
    const Signer signer;
    const std::string text = json::to_string(signer.keys().public_keys());
    EXPECT_EQ(
        text,
        R"({"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid":"key-1",)"
        R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})"
    );
}

}  // namespace
}  // namespace zoetrope::accounts
