#include "features/accounts/authenticator.hpp"

#include "features/accounts/api_keys.hpp"
#include "features/accounts/local_mode.hpp"
#include "features/accounts/rules.hpp"
#include "features/accounts/session_store.hpp"
#include "platform/http/browser_rules.hpp"

namespace zoetrope::accounts {

namespace {

constexpr std::size_t entries_max = 20'000;  // of one core; about 300 bytes each

// What the request shows: a Bearer token, a key, or the cookie of the studio. A
// header of another scheme is passed over: a proxy with a password of its own (Basic) sends it on.
std::string_view credential_of(const http::Request& request, bool secure_cookies) {
    const std::string_view header = request.header(http::Field::authorization);
    const std::size_t space = header.find(' ');
    const std::string_view scheme = header.substr(0, space);
    if (!header.empty() && space == header.npos) return header;  // a bare token
    if (http::equal_ignoring_case(scheme, "Bearer") || http::equal_ignoring_case(scheme, "Key"))
        return http::trim(header.substr(space));
    const std::string_view token = cookie(request, cookie_name(access_cookie, secure_cookies));
    return token.empty() || cookie_counts(request) ? token : std::string_view();
}

std::unexpected<Error> not_signed_in() {
    return failure(
        Code::unauthenticated,
        "Sign in first: send `Authorization: Bearer TOKEN` with the access token of "
        "/api/v1/auth/login, or with an API key."
    );
}

}  // namespace

std::string_view cookie_name(std::string_view name, bool secure) {
    if (!secure && name.starts_with(host_prefix)) name.remove_prefix(host_prefix.size());
    return name;
}

// The first value of this name in what is left of the header, which then begins behind it.
static std::optional<std::string_view> next_cookie(std::string_view& rest, std::string_view name) {
    while (!rest.empty()) {
        const std::size_t end = rest.find(';');
        const std::string_view pair = http::trim(rest.substr(0, end));
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
        if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
            return pair.substr(name.size() + 1);
    }
    return std::nullopt;
}

std::string_view cookie(const http::Request& request, std::string_view name) {
    std::string_view rest = request.header(http::Field::cookie);
    return next_cookie(rest, name).value_or(std::string_view());
}

bool has_cookie(const http::Request& request, std::string_view name, std::string_view value) {
    std::string_view rest = request.header(http::Field::cookie);
    while (const auto found = next_cookie(rest, name))
        if (crypto::equal_in_constant_time(*found, value)) return true;
    return false;
}

std::string_view shown_device(const http::Request& request) {
    const std::string_view prefixed = cookie(request, cookie_name(device_cookie, true));
    return prefixed.empty() ? cookie(request, cookie_name(device_cookie, false)) : prefixed;
}

bool cookie_counts(const http::Request& request) {
    if (http::is_safe(request.method)) return true;
    const std::string_view site = request.header("Sec-Fetch-Site");
    if (!site.empty()) return site == "same-origin" || site == "none";
    // Browsers that do not say the site say the origin; the gate has let it pass, but it also lets
    // invited origins pass, and a cookie is not for those.
    const auto origin = http::parse_origin(request.header(http::Field::origin));
    return origin && http::is_at(*origin, request.header(http::Field::host));
}

AccountAuthenticator::AccountAuthenticator(const Parts& parts)
    : parts_(parts),
      cores_(parts.cores) {}
AccountAuthenticator::~AccountAuthenticator() = default;

http::Caller AccountAuthenticator::local_caller() const {
    return {
        .user = local_user,
        .role = http::Role::admin,
        .stamps = parts_.table.counter(local_user),
        .stamp = parts_.table.stamp(local_user)
    };
}

std::optional<Result<http::Caller>> AccountAuthenticator::known(const http::Request& request) {
    if (in_local_mode()) {
        const auto admitted = parts_.local.known(request);
        if (!admitted) return std::nullopt;
        if (!*admitted) return std::unexpected(admitted->error());
        return local_caller();
    }
    const std::string_view credential = credential_of(request, parts_.secure_cookies);
    if (credential.empty()) return not_signed_in();
    const auto& entries = cores_[request.core].entries;
    const auto found = entries.find(process_key_.fingerprint(credential));
    if (found == entries.end()) return std::nullopt;
    const Entry& entry = found->second;
    if (entry.good_until < parts_.clock.now()) return std::nullopt;
    if (entry.stamp != parts_.table.stamp(entry.caller.user)) return std::nullopt;
    return entry.caller;
}

void AccountAuthenticator::remember(
    const http::Request& request, std::string_view credential, Entry entry
) {
    auto& entries = cores_[request.core].entries;
    if (entries.size() >= entries_max) {
        const Instant now = parts_.clock.now();
        boost::unordered::erase_if(entries, [&](const auto& each) {
            return each.second.good_until < now;
        });
        if (entries.size() >= entries_max) entries.clear();
    }
    entries.insert_or_assign(process_key_.fingerprint(credential), std::move(entry));
}

Async<Result<http::Caller>> AccountAuthenticator::find(const http::Request& request) {
    if (in_local_mode()) {
        CO_CHECK(co_await parts_.local.look_up(request));
        // The first account may have come meanwhile.
        if (in_local_mode()) co_return local_caller();
    }
    const std::string_view credential = credential_of(request, parts_.secure_cookies);
    if (credential.starts_with(api_key_prefix)) co_return co_await find_key(request, credential);
    co_return co_await find_session(request, credential);
}

Async<Result<http::Caller>> AccountAuthenticator::find_session(
    const http::Request& request, std::string_view token
) {
    Instant now = parts_.clock.now();
    Claims claims;
    auto fault = parts_.signing.verify(token, now, claims);
    if (fault == SigningKeys::Fault::unknown_key) {
        co_await parts_.signing.load_new(parts_.db, now);
        fault = parts_.signing.verify(token, now, claims);
    }
    if (fault == SigningKeys::Fault::expired) {
        co_return failure(
            Code::unauthenticated,
            "The access token has expired. Get another with the refresh token at "
            "/api/v1/auth/refresh."
        );
    }
    if (fault != SigningKeys::Fault::none)
        co_return failure(Code::unauthenticated, "The access token is not valid.");
    // Before the look: what changes during it makes the entry stale.
    const std::uint64_t stamp = parts_.table.stamp(claims.user);
    const auto standing = co_await find_standing(parts_.db, claims.user, claims.session);
    if (!standing || standing->auth_epoch != claims.epoch || standing->revoked_at)
        co_return failure(Code::unauthenticated, "This session has ended. Sign in again.");
    CO_CHECK(may_still_use_account(*parts_.admission.load(), state_of(*standing)));
    http::Caller caller{
        .user = claims.user,
        .role = standing->role,
        .session = claims.session,
        .scopes = nullptr,
        .profile = std::make_shared<const http::Profile>(http::Profile{
            standing->username, standing->email, standing->email_verified_at, standing->created_at
        }),
        .stamps = parts_.table.counter(claims.user),
        .stamp = stamp,
        .good_until = claims.expires_at
    };
    now = parts_.clock.now();
    remember(request, token, {caller, std::min(claims.expires_at, now + parts_.cache_max), stamp});
    co_return caller;
}

Async<Result<http::Caller>> AccountAuthenticator::find_key(
    const http::Request& request, std::string_view text
) {
    const Instant now = parts_.clock.now();
    auto key = co_await find_api_key(parts_.db, text);
    // Only now is it known whose it is; a key that goes between the look and the stamp would stay.
    const std::uint64_t stamp = key ? parts_.table.stamp(key->owner_id) : 0;
    if (key) key = co_await find_api_key(parts_.db, text);
    if (!key)
        co_return failure(Code::unauthenticated, "There is no such API key; it may be revoked.");
    if (key->expires_at && *key->expires_at <= now)
        co_return failure(Code::unauthenticated, "The API key has expired. Make another.");
    CO_CHECK(may_still_use_account(*parts_.admission.load(), state_of(*key)));
    http::Caller caller{
        .user = key->owner_id,
        .role = key->role,
        .session = std::nullopt,
        .scopes = std::make_shared<const std::vector<std::string>>(key->scope_list()),
        .profile = std::make_shared<const http::Profile>(
            http::Profile{key->username, key->email, key->email_verified_at, key->user_created_at}
        ),
        .stamps = parts_.table.counter(key->owner_id),
        .stamp = stamp,
        .good_until = key->expires_at
    };
    co_await touch_api_key(parts_.db, key->id, now);
    Instant good_until = now + parts_.cache_max;
    if (key->expires_at) good_until = std::min(good_until, *key->expires_at);
    remember(request, text, {caller, good_until, stamp});
    co_return caller;
}

}  // namespace zoetrope::accounts
