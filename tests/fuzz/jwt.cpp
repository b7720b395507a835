// Access tokens: whatever is sent, only what this server signed is believed, and what is believed
// is what the token says. Input: what is done, then the bytes that it is done with:
//   0 the token as it is     1 a good token with some letters changed
//   2 a payload, and 3 a header, signed with the right key
#include "platform/base/json/read.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/signer.hpp"

namespace zoetrope::accounts {
namespace {

using fuzz::must;
using Fault = SigningKeys::Fault;

constexpr Instant now{1'800'000'000'000'000};

struct Payload {
    std::string iss, aud, sub, sid;
    std::int64_t epoch = 0;
    std::int64_t iat = 0, nbf = 0, exp = 0;
};
BOOST_DESCRIBE_STRUCT(Payload, (), (iss, aud, sub, sid, epoch, iat, nbf, exp))
struct Header {
    std::string alg, typ, kid;
};
BOOST_DESCRIBE_STRUCT(Header, (), (alg, typ, kid))

struct Target {
    test::Signer signer;
    std::string good = signer.keys().sign(
        {UserId{7},
         *SessionId::parse("0190163d-8694-739b-aea5-966c26f8ad91"),
         3,
         now + std::chrono::minutes(15)},
        now
    );
    std::string good_payload = *crypto::from_base64url(
        good.substr(good.find('.') + 1, good.rfind('.') - good.find('.') - 1)
    );

    Fault verify(std::string_view token, Claims& claims) const {
        return signer.keys().verify(token, now, claims);
    }
    bool accepts(std::string_view token) const {
        Claims claims;
        return verify(token, claims) == Fault::none;
    }

    void check_changed(std::string_view changes) const {
        std::string token = good;
        while (changes.size() >= 3) {
            const std::size_t at =
                fuzz::take_choice(changes, 256) * 2 + fuzz::take_choice(changes, 2);
            token[at % token.size()] = changes.front();
            changes.remove_prefix(1);
        }
        must(accepts(token) == (token == good));
    }

    void check_payload(std::string_view payload) const {
        Claims claims;
        const std::string token = signer.sign(test::Signer::header, payload);
        if (verify(token, claims) != Fault::none) return;
        const auto read = json::read<Payload>(payload);
        must(read.has_value());
        must(read->iss == "zoetrope" && read->aud == test::Signer::audience);
        must(read->sub == std::to_string(claims.user.value) && claims.user.value > 0);
        must(SessionId::parse(read->sid) == claims.session && read->epoch == claims.epoch);
        must(claims.expires_at > now && claims.expires_at.us == read->exp * 1'000'000);
        Claims again;
        must(verify(signer.keys().sign(claims, now), again) == Fault::none);
        must(again.user == claims.user && again.expires_at == claims.expires_at);
    }

    void check_header(std::string_view header) const {
        if (!accepts(signer.sign(header, good_payload))) return;
        const auto read = json::read<Header>(header);
        must(read && read->alg == "EdDSA" && read->typ == "JWT" && read->kid == "key-1");
    }
};

}  // namespace
}  // namespace zoetrope::accounts

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace zoetrope;
    static const auto* target = new accounts::Target;
    std::string_view rest = fuzz::as_text(bytes, size);
    switch (fuzz::take_choice(rest, 4)) {
        case 0:
            fuzz::must(target->accepts(rest) == (rest == target->good));
            break;
        case 1:
            target->check_changed(rest);
            break;
        case 2:
            target->check_payload(rest);
            break;
        default:
            target->check_header(rest);
    }
    return 0;
}
