// A server that signs access tokens with a key that tests know, and anything else with it, too.
#pragma once

#include "features/accounts/signing_keys.hpp"
#include "platform/crypto/signatures.hpp"
#include "tests/support/support.hpp"

namespace zoetrope::test {

// A database that holds one signing key and answers nothing else.
class OneSigningKey final : public db::Session {
  public:
    OneSigningKey(const crypto::Key& master, const crypto::SigningPair& pair)
        : rows_{
              .columns = {"id", "public_key", "sealed_secret_key", "created_at"},
              .cells =
                  {std::string("key-1"),
                   crypto::to_base64url(pair.public_key),
                   master.derive("signing").seal(pair.secret_key),
                   std::int64_t(0)}
          } {}
    db::Dialect dialect() const override { return db::Dialect::sqlite; }

  private:
    Async<db::Rows> perform(const db::Sql&, std::vector<db::Value>, db::Timed) override {
        co_return rows_;
    }
    Async<db::Rows> perform_many(const db::Sql&, std::vector<std::vector<db::Value>>, db::Timed)
        override {
        co_return db::Rows{};
    }
    db::Rows rows_;
};

class Signer {
  public:
    Signer() {
        OneSigningKey database(master_, pair_);
        Io io;
        io.wait(keys_.load(database, Instant{}));
    }
    const accounts::SigningKeys& keys() const { return keys_; }
    const crypto::SigningPair& pair() const { return pair_; }

    // A token of these parts with a signature that is right.
    std::string sign(std::string_view head, std::string_view payload) const {
        const std::string token = crypto::to_base64url(head) + "." + crypto::to_base64url(payload);
        return token + "." + crypto::to_base64url(crypto::sign(pair_, token));
    }

    static constexpr const char* header = R"({"alg":"EdDSA","typ":"JWT","kid":"key-1"})";
    static constexpr const char* audience = "https://zoetrope.example";

  private:
    // RFC 8037, appendix A.1: the secret is the seed and the public key behind it.
    static std::string bytes_of(std::string_view text) {
        return crypto::from_base64url(text).value();
    }
    crypto::SigningPair pair_{
        bytes_of("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"),
        bytes_of("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A") +
            bytes_of("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
    };
    crypto::Key master_{crypto::Key::Bytes{}};
    accounts::SigningKeys keys_{master_, audience};
};

}  // namespace zoetrope::test
