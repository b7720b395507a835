// Login backoff: what wrong passwords cost. Failures are counted in the database, for all processes
// and over a restart. Nobody waits for long because of what others do, and an attempt during a wait
// costs nothing: it is refused before it is counted and before its password is hashed.
//
//   who tries                        counted under                       others' failures cost
//   a known device (devices.hpp)     the user's device                   nothing
//   who is signed in                 the user, apart from sign-ins       nothing
//   a network where the user is
//     signed in (is_known_place)     name as typed, and the network      nothing, from elsewhere
//   everybody else                   name as typed, and the network      one wait of 15 s at most
//
// A count is free up to 5 failures, then the wait doubles from 1 s to 30 s; it ends an hour after
// the last failure, or with the right password. IPv6 counts by /64, /56 and /48, with 5, 20 and 80
// free, and waits of a fourth and a sixteenth: a neighbour in a wide network makes nobody wait
// long. Names are counted as they were typed, an account's or not: the counts of a user's name and
// address never meet, so they tell nobody that they belong together, or that they exist.
//
// From 50 failures of one name, of all networks together, a flood is assumed: a network that is new
// to this name waits 15 s before its first attempt, and after each failure. The right password from
// a network without failures is in at the second attempt.
//
// Guesses at one name in an hour, at most: 20 at once (auth-logins-per-account) and then 120 from
// one network; from n networks as many from each, or 120 once the flood is noticed. A user has two
// names. One network has 60 a minute (auth-logins-per-address) for all names together.
#pragma once

#include <string>
#include <vector>

#include "features/accounts/devices.hpp"
#include "platform/base/ids.hpp"
#include "platform/base/time.hpp"
#include "platform/crypto/keys.hpp"
#include "platform/db/session.hpp"
#include "platform/limits/networks.hpp"

namespace zoetrope::accounts {

class Failures {
  public:
    // What an attempt to give a password counts under. Keys are MACs: names that are no account's
    // are often passwords typed into the wrong field.
    struct Attempt {
        std::vector<limits::LimitKey> subjects;  // narrowest first
        std::optional<std::string> name;         // of a stranger, from all networks together
    };
    // What the database knows of an attempt's subjects.
    struct History {
        struct Count {
            std::int64_t failures = 0;
            bool is_live = false;  // it has a row, and its hour has not ended
        };
        std::vector<Count> counts;  // in the order of the subjects
        bool is_flooded = false;
        int wait_s = 0;  // until the next attempt; 0: now
        bool has_counts() const;
    };

    explicit Failures(const crypto::Key& master) : key_(master.derive("failures")) {}

    Attempt of_device(const DeviceToken& device) const;
    Attempt of_signed_in(UserId user) const;
    // `networks`: narrowest first. `name` is folded, and stays out of the count of all networks for
    // who is at a known place.
    Attempt of_stranger(
        std::string_view name, const std::vector<limits::LimitKey>& networks, bool is_known_place
    ) const;

    Async<History> look(db::Session& db, const Attempt& attempt, Instant now) const;
    // Makes a network wait that is new to a flooded name. How long, in seconds.
    Async<int> introduce(db::Session& db, const Attempt& attempt, Instant now) const;
    // Where there are failures, counts the attempt before its password is hashed: attempts that
    // arrive together would all be hashed before any of them counts. False: another was first.
    Async<bool> charge(db::Session& db, const Attempt& attempt, const History& history, Instant now)
        const;
    // After a wrong password: counts what charge() did not.
    Async<void> count(db::Session& db, const Attempt& attempt, const History& history, Instant now)
        const;
    // After the right one.
    Async<void> forget(db::Session& db, const Attempt& attempt) const;

  private:
    crypto::Key key_;
};

}  // namespace zoetrope::accounts
