// Finds the caller of a request. What was looked up once is kept per core for a short time, so an
// authenticated request reads no database; a change to a user (signed out, disabled, another role)
// stamps them in one process-wide table, which makes what is kept about them stale at once: here by
// whoever changes something, in other processes by their AccessFollower.
#pragma once

#include <array>
#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <vector>

#include "features/accounts/signing_keys.hpp"
#include "platform/http/caller.hpp"

namespace zoetrope::accounts {

class LocalMode;
struct Admission;

inline constexpr std::string_view host_prefix = "__Host-";
inline constexpr std::string_view access_cookie = "__Host-zt_access";
inline constexpr std::string_view refresh_cookie = "__Host-zt_refresh";
inline constexpr std::string_view device_cookie = "__Host-zt_device";  // devices.hpp

// The name as browsers have it. Where people come by https it keeps its prefix: a browser then
// takes the cookie from this host alone, by https (RFC 6265bis section 4.1.3.2). By http there is
// no such name.
std::string_view cookie_name(std::string_view name, bool secure);
// The value of a cookie; empty when it is not there.
std::string_view cookie(const http::Request& request, std::string_view name);
// Whether one of the cookies of this name has this value, compared in constant time: another port
// of the same host can leave one beside ours.
bool has_cookie(const http::Request& request, std::string_view name, std::string_view value);
// The device token that a browser shows, under either name: it is sealed, so who plants one gains
// nothing.
std::string_view shown_device(const http::Request& request);
// Whether a cookie may speak for an unsafe request: the browser says it comes from our own page.
bool cookie_counts(const http::Request& request);

// One counter for each user, or rather for a few users together: a false alarm costs one look at
// the database. Any thread.
class AuthTable {
  public:
    std::uint64_t stamp(UserId user) const { return at(user).load(std::memory_order_acquire); }
    const std::atomic<std::uint64_t>* counter(UserId user) const { return &at(user); }
    void change(UserId user) {
        at(user).fetch_add(1, std::memory_order_acq_rel);
        changes_.fetch_add(1, std::memory_order_acq_rel);
    }
    // For a change that concerns everybody, such as another list of addresses.
    void change_all() {
        for (auto& each : stamps_) each.fetch_add(1, std::memory_order_acq_rel);
        changes_.fetch_add(1, std::memory_order_acq_rel);
    }
    // Grows with every change of anybody: what was read while it stood still is current.
    std::uint64_t changes() const { return changes_.load(std::memory_order_acquire); }

  private:
    static constexpr std::size_t slots = 1 << 14;
    const std::atomic<std::uint64_t>& at(UserId user) const {
        return stamps_[std::size_t(user.value) % slots];
    }
    std::atomic<std::uint64_t>& at(UserId user) { return stamps_[std::size_t(user.value) % slots]; }
    std::array<std::atomic<std::uint64_t>, slots> stamps_{};
    std::atomic<std::uint64_t> changes_ = 0;
};

class AccountAuthenticator final : public http::Authenticator {
  public:
    struct Parts {
        db::Pool& db;
        const Clock& clock;
        SigningKeys& signing;
        AuthTable& table;
        const std::atomic<bool>& local_only;
        const LocalMode& local;
        const std::atomic<std::shared_ptr<const Admission>>& admission;
        std::chrono::seconds cache_max;
        bool secure_cookies;
        unsigned cores;
    };
    explicit AccountAuthenticator(const Parts& parts);
    ~AccountAuthenticator() override;

    std::optional<Result<http::Caller>> known(const http::Request& request) override;
    Async<Result<http::Caller>> find(const http::Request& request) override;

  private:
    // 128 bits of a MAC with a key of this process: what a stranger sends finds only itself.
    using Fingerprint = std::array<std::uint64_t, 2>;
    struct Entry {
        http::Caller caller;
        Instant good_until;
        std::uint64_t stamp = 0;
    };
    struct Core {
        boost::unordered_flat_map<Fingerprint, Entry> entries;
    };
    bool in_local_mode() const { return parts_.local_only.load(std::memory_order_relaxed); }
    http::Caller local_caller() const;
    void remember(const http::Request& request, std::string_view credential, Entry entry);
    Async<Result<http::Caller>> find_session(const http::Request& request, std::string_view token);
    Async<Result<http::Caller>> find_key(const http::Request& request, std::string_view key);

    Parts parts_;
    crypto::Key process_key_ = crypto::Key::random();
    std::vector<Core> cores_;
};

}  // namespace zoetrope::accounts
