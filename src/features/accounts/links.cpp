#include "features/accounts/links.hpp"

#include "features/accounts/mails.hpp"
#include "platform/base/json/read.hpp"
#include "platform/base/json/write.hpp"
#include "platform/queue/queue.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::accounts {

namespace {

constexpr std::chrono::hours reset_good_for{1};    // it opens an account
constexpr std::chrono::hours verify_good_for{48};  // mail is read the next day

// What a task knows: names of rows. The tasks' table opens nothing, and tells nobody's address.
struct MailTask {
    std::optional<LinkId> link;
    // What a notice is about: a session of a new device, or the entry in the audit of a new key.
    std::optional<SessionId> session;
    std::optional<std::int64_t> audit_entry;
    // Of the process that people reach; the one that mails may be another.
    std::string base_url;
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(MailTask, (), (link, session, audit_entry, base_url))

struct NewDevice {
    std::string username;
    std::optional<std::string> email;
    std::string address;
    std::string agent;
    Instant created_at;
};
BOOST_DESCRIBE_STRUCT(NewDevice, (), (username, email, address, agent, created_at))

struct NewKey : NewDevice {
    std::string name;
};
BOOST_DESCRIBE_STRUCT(NewKey, (NewDevice), (name))

// A link that somebody asked for and waits for goes before all notices.
Async<void> insert_task(db::Session& db, const MailTask& mail, Instant now) {
    const queue::NewTask task{
        .queue = std::string(queue::maintenance),
        .kind = "accounts.mail",
        .args = {json::to_string(mail)},
        .attempts_max = 8,
        .priority = mail.link ? 1 : 0
    };
    co_await queue::insert(db, task, now);
}

}  // namespace

constexpr db::Sql insert_link_sql{
    "accounts.insert_link",
    "INSERT INTO account_links (id, owner_id, purpose, email, created_at, expires_at) "
    "VALUES ($1, $2, $3, $4, $5, $6)"
};

Async<void> mail_link(
    db::Session& db,
    const Deps& deps,
    UserId owner,
    const std::string& email,
    LinkPurpose purpose,
    Instant now
) {
    const auto good_for = purpose == LinkPurpose::reset_password ? reset_good_for : verify_good_for;
    const LinkId id = LinkId::make();
    co_await db.send(insert_link_sql, id, owner, purpose, email, now, now + good_for);
    co_await insert_task(db, MailTask{.link = id, .base_url = deps.base_url}, now);
}

Async<void> mail_new_device(db::Session& db, SessionId session, Instant now) {
    co_await insert_task(db, MailTask{.session = session}, now);
}

Async<void> mail_new_key(db::Session& db, std::int64_t audit_entry, Instant now) {
    co_await insert_task(db, MailTask{.audit_entry = audit_entry}, now);
}

// To confirmed addresses alone: anybody may have given another one, which is none of their
// business.
constexpr db::Sql new_device_sql{
    "accounts.new_device",
    "SELECT u.username, u.email, s.address, s.agent, s.created_at FROM sessions s "
    "JOIN users u ON u.id = s.owner_id WHERE s.id = $1 AND u.email_verified_at IS NOT NULL"
};

constexpr db::Sql new_key_sql{
    "accounts.new_key",
    "SELECT u.username, u.email, a.address, a.agent, a.created_at, a.detail AS name FROM audit a "
    "JOIN users u ON u.id = a.owner_id WHERE a.id = $1 AND u.email_verified_at IS NOT NULL"
};

#define LINK "id, owner_id, purpose, email, created_at, expires_at"
constexpr db::Sql use_link_sql{
    "accounts.use_link",
    "UPDATE account_links SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND expires_at > $2 "
    "RETURNING " LINK
};
constexpr db::Sql find_link_sql{
    "accounts.find_link", "SELECT " LINK " FROM account_links WHERE id = $1 AND used_at IS NULL"
};

static std::string link_text(const Deps& deps, LinkId id) {
    return id.str() + "." + deps.link_key.mac(id.view());
}

static std::optional<LinkId> id_of(const Deps& deps, const std::string& text) {
    const auto id = LinkId::parse(std::string_view(text).substr(0, text.find('.')));
    if (!id || !crypto::equal_in_constant_time(text, link_text(deps, *id))) return std::nullopt;
    return *id;
}

Async<std::optional<Link>> find_good_link(
    db::Session& db, const Deps& deps, const std::string& text, LinkPurpose purpose, Instant now
) {
    const auto id = id_of(deps, text);
    if (!id) co_return std::nullopt;
    auto link = co_await db.one<Link>(find_link_sql, *id);
    if (!link || link->purpose != purpose || link->expires_at <= now) co_return std::nullopt;
    co_return link;
}

std::unexpected<Error> not_good_any_more() {
    return invalid("token", "is not good any more: ask for another mail");
}

Async<Result<Link>> use_link(
    db::Session& db, const Deps& deps, const std::string& text, LinkPurpose purpose, Instant now
) {
    const auto id = id_of(deps, text);
    std::optional<Link> link;
    if (id) link = co_await db.one<Link>(use_link_sql, *id, now);
    if (!link || link->purpose != purpose) co_return not_good_any_more();
    co_return *std::move(link);
}

constexpr db::Sql end_reset_links_sql{
    "accounts.end_reset_links",
    "UPDATE account_links SET used_at = $2 WHERE owner_id = $1 AND purpose = 'reset_password' "
    "AND used_at IS NULL"
};

Async<void> end_reset_links(db::Session& db, UserId owner, Instant now) {
    co_await db.send(end_reset_links_sql, owner, now);
}

// Nothing when it was used already, or cleaned up.
static Async<std::optional<mail::Message>> link_message(Deps& deps, const MailTask& mail) {
    const auto link = co_await deps.db.one<Link>(find_link_sql, *mail.link);
    if (!link) co_return std::nullopt;
    const auto user = co_await find_user(deps.db, link->owner_id);
    if (!user) co_return std::nullopt;
    const bool resets = link->purpose == LinkPurpose::reset_password;
    const std::string& base = mail.base_url.empty() ? deps.base_url : mail.base_url;
    const std::string address =
        base + (resets ? "/reset#" : "/verify#") + link_text(deps, link->id);
    auto message =
        resets ? reset_mail(user->username, address) : verify_mail(user->username, address);
    message.to = link->email;
    co_return message;
}

static Async<std::optional<mail::Message>> device_message(Deps& deps, SessionId session) {
    const auto device = co_await deps.db.one<NewDevice>(new_device_sql, session);
    if (!device || !device->email) co_return std::nullopt;
    auto message =
        new_device_mail(device->username, device->agent, device->address, device->created_at);
    message.to = *device->email;
    co_return message;
}

static Async<std::optional<mail::Message>> key_message(Deps& deps, std::int64_t audit_entry) {
    const auto key = co_await deps.db.one<NewKey>(new_key_sql, audit_entry);
    if (!key || !key->email) co_return std::nullopt;
    auto message =
        new_key_mail(key->username, key->name, key->agent, key->address, key->created_at);
    message.to = *key->email;
    co_return message;
}

static Async<std::optional<mail::Message>> message_of(Deps& deps, const MailTask& mail) {
    if (mail.link) co_return co_await link_message(deps, mail);
    if (mail.session) co_return co_await device_message(deps, *mail.session);
    if (mail.audit_entry) co_return co_await key_message(deps, *mail.audit_entry);
    co_return std::nullopt;
}

static Async<queue::Outcome> send(Deps& deps, queue::Task task) {
    const auto mail = json::read<MailTask>(task.args.text);
    if (!mail) co_return queue::Discard{"its arguments cannot be read"};
    const auto made = co_await message_of(deps, *mail);
    if (!made) co_return queue::Done{};  // what it was about is gone
    mail::Message message = *made;
    // Sent twice it would frighten; lost with the process, another is asked for.
    if (!co_await queue::begin_effect(deps.db, task, deps.clock.now())) co_return queue::Done{};
    const auto sent = co_await deps.mailer.send(std::move(message));
    if (sent) co_return queue::Done{};
    if (sent.error().code == Code::unavailable) co_return queue::Retry{sent.error().message};
    co_return queue::Discard{sent.error().message};
}

static Async<void> mail_gave_up(queue::Task task, std::string error) {
    telemetry::warn("mail task {} was given up: {}", task.id.value, error);
    co_return;
}

void add_mail_handlers(Deps& deps, queue::Handlers& handlers) {
    handlers.add(
        "accounts.mail",
        {.run = [&deps](queue::Task task, std::stop_token) { return send(deps, std::move(task)); },
         .gave_up = [](queue::Task task, std::string error
                    ) { return mail_gave_up(std::move(task), std::move(error)); }}
    );
}

}  // namespace zoetrope::accounts
