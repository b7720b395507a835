// Links in mails: they confirm an address or set a new password. A link is `ID.MAC`; it works once
// and not for long. Private to accounts.
#pragma once

#include "features/accounts/store.hpp"

namespace zoetrope::accounts {

BOOST_DEFINE_ENUM_CLASS(LinkPurpose, verify_email, reset_password)

struct Link {
    LinkId id;
    UserId owner_id;
    LinkPurpose purpose{};
    std::string email;
    Instant created_at;
    Instant expires_at;
};
BOOST_DESCRIBE_STRUCT(Link, (), (id, owner_id, purpose, email, created_at, expires_at))

// The link's row and the task that mails it, in the caller's transaction. Call
// Deps::pools.wake() after the commit.
Async<void> mail_link(
    db::Session& db,
    const Deps& deps,
    UserId owner,
    const std::string& email,
    LinkPurpose purpose,
    Instant now
);
// A notice without a link: a device that was not seen before began this session.
Async<void> mail_new_device(db::Session& db, SessionId session, Instant now);
// The link, when it works now. Asks the database only about links of ours.
Async<std::optional<Link>> find_good_link(
    db::Session& db, const Deps& deps, const std::string& text, LinkPurpose purpose, Instant now
);
// A notice that a key was made, by its entry in the audit: the key itself may be gone by then.
Async<void> mail_new_key(db::Session& db, std::int64_t audit_entry, Instant now);
std::unexpected<Error> not_good_any_more();
// Takes the link out of use. Errors: invalid, for one that is none, was used or has expired.
Async<Result<Link>> use_link(
    db::Session& db, const Deps& deps, const std::string& text, LinkPurpose purpose, Instant now
);

// Those that would set a new password, all of the user's.
Async<void> end_reset_links(db::Session& db, UserId owner, Instant now);

void add_mail_handlers(Deps& deps, queue::Handlers& handlers);

}  // namespace zoetrope::accounts
