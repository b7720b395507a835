// Mails, each as plain text and as HTML. By SMTP when a server is set (RFC 5321, through libcurl),
// else into files: `outbox/*.eml`, mode 0600, which any mail program opens.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "platform/base/offload.hpp"
#include "platform/base/result.hpp"
#include "platform/base/time.hpp"

namespace zoetrope::mail {

struct Message {
    std::string to;  // one address, checked
    std::string subject;
    std::string text;
    std::string html;
};

struct Config {
    std::string smtp_url;  // `smtp://mail.example:587`, `smtps://...`; empty: the outbox
    std::string user;
    std::string password;
    std::string from = "Zoetrope <zoetrope@localhost>";
    std::chrono::seconds timeout{30
    };  // of a whole delivery; a mail server may greylist for seconds
    std::filesystem::path outbox;
};

// The message as it travels (RFC 5322, RFC 2045).
std::string render(const Message& message, const std::string& from, Instant now);

class Mailer {
  public:
    Mailer(const Config& config, Offload& blocking, const Clock& clock);

    // Errors: invalid when the server refuses the address for good, unavailable when it may do
    // better later.
    Async<Result<void>> send(Message message);

  private:
    Result<void> deliver(const Message& message) const;
    Result<void> put_into_outbox(const std::string& text) const;
    Result<void> send_by_smtp(const std::string& to, const std::string& text) const;

    Config config_;
    Offload& blocking_;
    const Clock& clock_;
};

}  // namespace zoetrope::mail
