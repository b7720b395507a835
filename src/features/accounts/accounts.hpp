// Accounts: who may do what. Users, their sessions and API keys, and the Authenticator that finds
// the caller of every request without reading the database.
//
// Until the first account exists the server is in local mode: the user who runs it, at its loopback
// address, is the local user, row 1, and an administrator (local_mode.hpp). The first account is
// made through a one-time link that `serve` prints (or `zoetrope user add`); it takes over row 1
// and all it owns.
//
//   sign in -> session (a device) -> access token (a signed JWT, minutes)
//                                 -> refresh token (opaque, days; each good once, see sessions.hpp)
#pragma once

#include <atomic>
#include <memory>

#include "features/accounts/authenticator.hpp"
#include "features/accounts/failures.hpp"
#include "features/accounts/local_mode.hpp"
#include "features/accounts/owned_data.hpp"
#include "features/accounts/refresh_memory.hpp"
#include "features/accounts/signing_keys.hpp"
#include "platform/base/cpu_pool.hpp"
#include "platform/crypto/keys.hpp"
#include "platform/crypto/passwords.hpp"
#include "platform/db/session.hpp"
#include "platform/http/router.hpp"
#include "platform/limits/open_per_user.hpp"
#include "platform/limits/sliding_window.hpp"
#include "platform/limits/token_bucket.hpp"
#include "platform/mail/mail.hpp"
#include "platform/queue/pools.hpp"
#include "platform/queue/schedules.hpp"

namespace zoetrope::accounts {

using http::Role;

inline constexpr std::size_t username_max = 64;  // code points
inline constexpr std::size_t email_max = 254;    // octets (RFC 5321 section 4.5.3.1.3)
inline constexpr std::size_t password_bytes_min = 8;
inline constexpr std::size_t password_bytes_max = 1024;  // hashing takes its time already

struct User {
    UserId id;
    std::string username;
    std::optional<std::string> email;
    Role role = Role::member;
    std::optional<Instant> email_verified_at;
    std::optional<Instant> disabled_at;
    Instant created_at;
    static constexpr std::string_view schema_name = "User";
};
BOOST_DESCRIBE_STRUCT(
    User, (), (id, username, email, role, email_verified_at, disabled_at, created_at)
)

BOOST_DEFINE_ENUM_CLASS(Registration, open, allow_list, closed)

// Who may make an account, and who may use theirs (see rules.hpp).
struct Admission {
    Registration registration = Registration::open;
    std::vector<std::string> allowed_emails;  // addresses, or domains as `@example.com`; folded
    bool require_verified_email = false;
    bool operator==(const Admission&) const = default;
};

struct Config {
    Admission admission;                       // at the start
    bool secure_cookies = false;               // people come by https
    std::string audience = "zoetrope";         // of the access tokens: --public-url when it is set
    std::chrono::seconds access_max{15 * 60};  // a stolen one is good no longer
    std::chrono::seconds session_max{30 * 24 * 3600};  // without being used
    std::chrono::seconds refresh_grace{10};            // two tabs, or an answer lost on its way
    std::chrono::seconds cache_max{30};  // that a token or key is believed unseen by the database
    crypto::PasswordScheme scheme{};
    unsigned hash_threads = 1;
    std::size_t hash_queue_max = 512;  // about ten seconds of work on one core
    // A minute; 0: no limit. Of strangers from one network; for one name from one network, or from
    // one known device.
    std::int64_t logins_per_address = 60;
    std::int64_t logins_per_account = 20;
    std::int64_t registrations_per_address = 10;  // per hour
    std::int64_t refreshes_per_address = 300;
    std::int64_t refreshes_per_account = 120;  // a dozen devices with a few tabs each
    std::int64_t resets_per_address = 20;      // per hour
    std::int64_t resets_per_account = 5;       // per hour: nobody's mailbox is flooded
    std::int64_t exports_per_account = 10;     // per hour: each reads everything
    std::int64_t keys_per_account = 20;        // made in an hour: each is told by mail
    std::chrono::hours audit_kept{365 * 24};
};

// Addresses and domains (`example.com`, `@example.com`) of a setting, as they are compared.
std::vector<std::string> folded_emails(std::vector<std::string> emails);

// What the feature keeps while the server runs.
struct Accounts {
    // What it stands on.
    struct Parts {
        const crypto::Key& master;
        db::Pool& db;
        const Clock& clock;
        mail::Mailer& mailer;
        queue::Pools& pools;
        Offload& files;
        unsigned cores;
    };
    Accounts(const Config& config, const Parts& parts);

    const Config config;
    db::Pool& db;
    const Clock& clock;
    mail::Mailer& mailer;
    queue::Pools& pools;
    Offload& files;
    std::vector<OwnedData> owned;   // of all features; set before the server starts
    std::string base_url;           // of links in mails; set before the server starts
    const crypto::Key refresh_key;  // of the successors of refresh tokens
    const crypto::Key setup_key;    // of the first administrator's link
    const crypto::Key link_key;     // of the links in mails
    // Checked for names that nobody has: it takes as long. Made at the start, which also tells how
    // long that is.
    struct Trial {
        std::string hash;
        std::chrono::duration<double> took;
    };
    const Trial trial;
    const std::string process;  // random: whose changes these are, among several processes
    std::atomic<std::shared_ptr<const Admission>> admission;  // replaced by admit()
    std::shared_ptr<std::atomic<bool>> local_only = std::make_shared<std::atomic<bool>>(true);
    SigningKeys signing;
    AuthTable table;
    LocalMode local;
    RefreshMemory shown_tokens;
    AccountAuthenticator authenticator;
    Devices devices;
    Failures failures;
    CpuPool hashing;
    // Passwords of one user's known devices in the hashing queue at a time: a person gives one, and
    // nobody's devices fill the queue of all.
    limits::OpenPerUser known_checks{4};
    limits::TokenBucket logins_by_address, logins_by_account;
    limits::SlidingWindow registrations, refreshes, refreshes_by_account, resets_by_address,
        resets_by_account, exports, keys_made;

    // The word of the first administrator's link; good until there is an account.
    std::string setup_token() const { return setup_key.mac("first administrator"); }
    // Any thread: who may use an account here from now on. Settings are each process's own.
    void admit(const Admission& wanted);
    // How many processes share what an address may do.
    void divide_limits(unsigned processes);
};

using Deps = Accounts;

// Reads the signing keys (makes the first), and whether there are accounts. Before the server
// starts, and every few seconds after that.
Async<void> refresh(Deps& deps);

void mount(http::Router& router, Deps& deps);
// Of its tasks: mails, erasing, and the clean-up.
void add_handlers(Deps& deps, queue::Handlers& handlers);
queue::Schedule clean_up_schedule();
OwnedData own_data(Deps& deps);

}  // namespace zoetrope::accounts
