// What failed sign-ins cost: after a few, each doubles the time until the next try is looked at.
// Counted per account and per address, in the database: for all processes, and over a restart. Who
// waits can still use a session that is signed in, or the link of a reset mail.
#pragma once

#include <string>
#include <vector>

#include "platform/base/ids.hpp"
#include "platform/base/time.hpp"
#include "platform/crypto/keys.hpp"
#include "platform/db/session.hpp"

namespace zoetrope::accounts {

struct Patience {
    std::int64_t free = 5;  // failures that cost nothing: people mistype
    std::chrono::seconds first{1};
    std::chrono::seconds most{15 * 60};
    std::chrono::hours forget{1};  // after the last failure, the count begins anew
};

class Failures {
  public:
    // A name that was tried, or a network it was tried from. Kept as a MAC: names that are no
    // account's are often passwords typed into the wrong field.
    struct Subject {
        std::string key;
        Patience patience;
    };

    explicit Failures(const crypto::Key& master) : key_(master.derive("failures")) {}

    Subject account(std::string_view subject) const;  // see sign_in.cpp, counted_as
    Subject password_of(UserId user) const;           // tried by who is signed in already
    Subject network(std::string_view network) const;

    struct Standing {
        int wait_s = 0;             // until the next try of either; 0: now
        bool has_failures = false;  // the first of them
    };
    Async<Standing> look(db::Session& db, const Subject& a, const Subject& b, Instant now) const;
    Async<void> count(db::Session& db, const Subject& subject, Instant now) const;
    Async<void> forget(db::Session& db, const Subject& subject) const;

  private:
    crypto::Key key_;
};

}  // namespace zoetrope::accounts
