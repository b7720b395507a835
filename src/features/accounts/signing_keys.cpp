#include "features/accounts/signing_keys.hpp"

#include <charconv>
#include <limits>

#include "platform/base/json/read.hpp"
#include "platform/base/json/write.hpp"
#include "platform/crypto/signatures.hpp"

namespace zoetrope::accounts {

namespace {

constexpr std::string_view issuer = "zoetrope";
constexpr std::chrono::seconds skew{5};         // between the clocks of two servers
constexpr std::chrono::seconds future_max{60};  // of a key's making

struct Header {
    std::string alg;
    std::string typ;
    std::string kid;
};
BOOST_DESCRIBE_STRUCT(Header, (), (alg, typ, kid))

// Registered names (RFC 7519 section 4.1), in seconds; sid and epoch are ours.
struct Payload {
    std::string iss, aud, sub, sid;
    std::int64_t epoch = 0;
    std::int64_t iat = 0, nbf = 0, exp = 0;
};
BOOST_DESCRIBE_STRUCT(Payload, (), (iss, aud, sub, sid, epoch, iat, nbf, exp))

struct KeyRow {
    std::string id;
    std::string public_key;
    std::string sealed_secret_key;
    Instant created_at;
};
BOOST_DESCRIBE_STRUCT(KeyRow, (), (id, public_key, sealed_secret_key, created_at))

constexpr db::Sql signing_keys_sql{
    "accounts.signing_keys",
    "SELECT id, public_key, sealed_secret_key, created_at FROM signing_keys "
    "ORDER BY created_at DESC, id DESC"
};
constexpr db::Sql insert_signing_key_sql{
    "accounts.insert_signing_key",
    "INSERT INTO signing_keys (id, public_key, sealed_secret_key, created_at) "
    "VALUES ($1, $2, $3, $4)"
};
constexpr db::Sql delete_signing_keys_sql{
    "accounts.delete_signing_keys", "DELETE FROM signing_keys WHERE created_at < $1 AND id <> $2"
};

// Of a subject: the digits of a row's number, as sign() writes them.
std::optional<UserId> read_user(std::string_view text) {
    UserId user;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, user.value);
    if (read.ec != std::errc{} || read.ptr != end || user.value < 1 || text.starts_with('0'))
        return std::nullopt;
    return user;
}

std::int64_t to_seconds(Instant at) { return at.us / 1'000'000; }

KeyRow make_row(const crypto::Key& sealing, Instant now) {
    const auto pair = crypto::SigningPair::make();
    return {
        .id = crypto::random_text(9),
        .public_key = crypto::to_base64url(pair.public_key),
        .sealed_secret_key = sealing.seal(pair.secret_key),
        .created_at = now
    };
}

Async<void> insert(db::Session& db, const KeyRow& row) {
    co_await db.send(
        insert_signing_key_sql, row.id, row.public_key, row.sealed_secret_key, row.created_at
    );
}

// `a.b.c` to its parts; false when there are not three.
bool split(std::string_view token, std::string_view (&parts)[3]) {
    for (int i = 0; i < 2; ++i) {
        const std::size_t dot = token.find('.');
        if (dot == token.npos) return false;
        parts[i] = token.substr(0, dot);
        token.remove_prefix(dot + 1);
    }
    parts[2] = token;
    return !token.contains('.');
}

template <class T>
std::optional<T> read_part(std::string_view part) {
    const auto text = crypto::from_base64url(part);
    if (!text) return std::nullopt;
    auto value = json::read<T>(*text);
    if (!value) return std::nullopt;
    return *std::move(value);
}

}  // namespace

struct SigningKeys::Keys {
    struct One {
        std::string id;
        crypto::SigningPair pair;
        std::string header;  // of what it signs, encoded
        Instant created_at;
    };
    std::vector<std::unique_ptr<One>> all;  // newest first
    // The newest, but none that a wrong clock made in the future: it would sign for years.
    const One& signing(Instant now) const {
        for (const auto& one : all)
            if (one->created_at <= now + future_max) return *one;
        return *all.back();
    }
    const One* find(std::string_view id) const {
        for (const auto& one : all)
            if (one->id == id) return one.get();
        return nullptr;
    }
};

SigningKeys::SigningKeys(const crypto::Key& master, std::string audience)
    : sealing_(master.derive("signing")),
      audience_(std::move(audience)),
      keys_(std::make_shared<const Keys>()) {}
SigningKeys::~SigningKeys() = default;

Async<void> SigningKeys::load(db::Session& db, Instant now) {
    auto rows = co_await db.all<KeyRow>(signing_keys_sql);
    if (rows.empty()) {
        co_await insert(db, make_row(sealing_, now));
        rows =
            co_await db.all<KeyRow>(signing_keys_sql);  // another process may have made one as well
    }
    auto read = std::make_shared<Keys>();
    for (const KeyRow& row : rows) {
        crypto::SigningPair pair(
            crypto::from_base64url(row.public_key).value_or(""),
            sealing_.open(row.sealed_secret_key).value_or("")
        );
        if (!pair.has_right_sizes()) {
            throw std::runtime_error(
                "the signing keys in the database were sealed with another secret key"
            );
        }
        const std::string header = json::to_string(Header{"EdDSA", "JWT", row.id});
        read->all.push_back(std::make_unique<Keys::One>(
            row.id, std::move(pair), crypto::to_base64url(header), row.created_at
        ));
    }
    keys_.store(std::move(read), std::memory_order_release);
}

Async<void> SigningKeys::load_new(db::Session& db, Instant now) {
    constexpr std::chrono::microseconds pause = std::chrono::seconds(5);
    std::int64_t last = looked_at_us_.load();
    if (now.us < last + pause.count()) co_return;
    if (looked_at_us_.compare_exchange_strong(last, now.us)) co_await load(db, now);
}

Async<void> SigningKeys::rotate(db::Session& db, Instant now, std::chrono::seconds access_max) {
    const KeyRow row = make_row(sealing_, now);
    co_await insert(db, row);
    // The last one signed until a moment ago, and so do the other processes until they look.
    constexpr std::chrono::hours patience{1};
    const auto rows = co_await db.all<KeyRow>(signing_keys_sql);
    if (rows.size() > 2)
        co_await db.send(
            delete_signing_keys_sql, rows[1].created_at - access_max - patience, row.id
        );
    co_await load(db, now);
}

std::string SigningKeys::sign(const Claims& claims, Instant now) const {
    const auto all = keys();
    const Keys::One& key = all->signing(now);
    const Payload payload{
        .iss = std::string(issuer),
        .aud = audience_,
        .sub = std::to_string(claims.user.value),
        .sid = claims.session.str(),
        .epoch = claims.epoch,
        .iat = to_seconds(now),
        .nbf = to_seconds(now),
        .exp = to_seconds(claims.expires_at)
    };
    std::string token = key.header + "." + crypto::to_base64url(json::to_string(payload));
    const std::string signature = crypto::to_base64url(crypto::sign(key.pair, token));
    return token += "." + signature;
}

SigningKeys::Fault SigningKeys::verify(std::string_view token, Instant now, Claims& claims) const {
    std::string_view parts[3];
    if (!split(token, parts)) return Fault::invalid;
    const auto header = read_part<Header>(parts[0]);
    // The algorithm is ours to choose, never the token's.
    if (!header || header->alg != "EdDSA" || header->typ != "JWT") return Fault::invalid;
    const auto all = keys();
    const Keys::One* key = all->find(header->kid);
    if (!key) return Fault::unknown_key;
    const auto signature = crypto::from_base64url(parts[2]);
    const std::string_view signed_part = token.substr(0, token.size() - parts[2].size() - 1);
    if (!signature || !crypto::verify(key->pair.public_key, signed_part, *signature))
        return Fault::invalid;
    const auto payload = read_part<Payload>(parts[1]);
    if (!payload || payload->iss != issuer || payload->aud != audience_) return Fault::invalid;
    const auto user = read_user(payload->sub);
    const auto session = SessionId::parse(payload->sid);
    constexpr std::int64_t seconds_max = std::numeric_limits<std::int64_t>::max() / 1'000'000;
    if (!user || !session || payload->exp > seconds_max) return Fault::invalid;
    const std::int64_t now_s = to_seconds(now);
    if (payload->nbf > now_s + skew.count()) return Fault::invalid;
    if (payload->exp <= now_s) return Fault::expired;
    claims.user = *user;
    claims.session = *session;
    claims.epoch = payload->epoch;
    claims.expires_at = Instant{payload->exp * 1'000'000};
    return Fault::none;
}

Jwks SigningKeys::public_keys() const {
    Jwks out;
    for (const auto& key : keys()->all) {
        Jwk jwk;
        jwk.kid = key->id;
        jwk.x = crypto::to_base64url(key->pair.public_key);
        out.keys.push_back(std::move(jwk));
    }
    return out;
}

}  // namespace zoetrope::accounts
