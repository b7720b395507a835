#include "features/accounts/mails.hpp"

namespace zoetrope::accounts {

namespace {

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '&':
                out += "&amp;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

// A device as its owner may know it.
std::string device_words(const std::string& agent, const std::string& address, Instant at) {
    return (agent.empty() ? "one that does not say what it is" : agent) + ", from " + address +
           ", at " + to_text(at) + ".";
}

struct Words {
    std::string subject;
    std::string greeting;
    std::string body;
    std::string button;  // empty: no link
    std::string link;
    std::string closing;
};

// One look for all: a card in the middle, dark text, one button. Mail programs know no style
// sheets.
std::string html(const Words& words) {
    std::string out =
        "<!doctype html><html lang=\"en\"><body style=\"margin:0;padding:32px 16px;"
        "background:#f4f3f1;font:16px/1.5 system-ui,sans-serif;color:#1d1b19\">"
        "<div style=\"max-width:480px;margin:auto;background:#fff;border-radius:12px;"
        "padding:32px\"><p style=\"margin:0 0 24px;font-weight:600;color:#b4430f\">Zoetrope</p><p>";
    out += escaped(words.greeting) + "</p><p>" + escaped(words.body) + "</p>";
    if (!words.button.empty()) {
        out += "<p style=\"margin:28px 0\"><a href=\"" + escaped(words.link) +
               "\" style=\"background:#b4430f;color:#fff;text-decoration:none;padding:12px 20px;"
               "border-radius:8px;display:inline-block\">" +
               escaped(words.button) + "</a></p>";
    }
    return out + "<p style=\"color:#6b6660;font-size:14px\">" + escaped(words.closing) +
           "</p></div></body></html>";
}

mail::Message message(const Words& words) {
    std::string text = words.greeting + "\n\n" + words.body + "\n\n";
    if (!words.link.empty()) text += words.link + "\n\n";
    return {
        .to = {}, .subject = words.subject, .text = text + words.closing + "\n", .html = html(words)
    };
}

}  // namespace

mail::Message verify_mail(const std::string& username, const std::string& link) {
    return message(
        {.subject = "Confirm your address",
         .greeting = "Hello " + username + ",",
         .body = "somebody, probably you, made an account on Zoetrope with this address. Open the "
                 "link to confirm that it is yours.",
         .button = "Confirm this address",
         .link = link,
         .closing = "The link works for two days. If it was not you, do nothing."}
    );
}

mail::Message reset_mail(const std::string& username, const std::string& link) {
    return message(
        {.subject = "Set a new password",
         .greeting = "Hello " + username + ",",
         .body = "somebody, probably you, asked for a new password. Open the link to choose one; "
                 "every device is signed out then.",
         .button = "Choose a new password",
         .link = link,
         .closing =
             "The link works once, for an hour. If it was not you, do nothing: your password "
             "stays as it is."}
    );
}

mail::Message new_device_mail(
    const std::string& username, const std::string& agent, const std::string& address, Instant at
) {
    return message(
        {.subject = "A new device signed in",
         .greeting = "Hello " + username + ",",
         .body = "a device that was not seen before signed in to your account: " +
                 device_words(agent, address, at),
         .button = {},
         .link = {},
         .closing =
             "If it was not you, change your password and sign every device out, on the page "
             "of your account."}
    );
}

mail::Message new_key_mail(
    const std::string& username,
    const std::string& name,
    const std::string& agent,
    const std::string& address,
    Instant at
) {
    return message(
        {.subject = "A new API key was made",
         .greeting = "Hello " + username + ",",
         .body = "an API key named \"" + name + "\" was made for your account, by this device: " +
                 device_words(agent, address, at),
         .button = {},
         .link = {},
         .closing =
             "If it was not you, change your password and end your API keys with it, on the page "
             "of your account."}
    );
}

}  // namespace zoetrope::accounts
