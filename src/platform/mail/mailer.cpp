#include <curl/curl.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <memory>

#include "platform/base/ids.hpp"
#include "platform/mail/mail.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::mail {

namespace {

struct Reading {
    std::string_view left;
};

std::size_t read_some(char* to, std::size_t size, std::size_t count, void* from) {
    Reading& reading = *static_cast<Reading*>(from);
    const std::string_view piece = reading.left.substr(0, size * count);
    std::memcpy(to, piece.data(), piece.size());
    reading.left.remove_prefix(piece.size());
    return piece.size();
}

std::string envelope(const std::string& address) {
    const std::size_t open = address.find('<');
    return open == address.npos ? "<" + address + ">" : address.substr(open);
}

}  // namespace

Mailer::Mailer(const Config& config, Offload& blocking, const Clock& clock)
    : config_(config),
      blocking_(blocking),
      clock_(clock) {
    static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
    (void)once;
}

Async<Result<void>> Mailer::send(Message message) {
    co_return co_await blocking_.run([&] { return deliver(message); });
}

Result<void> Mailer::deliver(const Message& message) const {
    const std::string text = render(message, config_.from, clock_.now());
    return config_.smtp_url.empty() ? put_into_outbox(text) : send_by_smtp(message.to, text);
}

// Beside, then renamed: a mail program that watches the folder never sees half a mail.
Result<void> Mailer::put_into_outbox(const std::string& text) const {
    std::error_code error;
    std::filesystem::create_directories(config_.outbox, error);
    std::filesystem::permissions(config_.outbox, std::filesystem::perms::owner_all, error);
    const std::string name(Uuid::make_v7().view());
    const std::filesystem::path part = config_.outbox / (name + ".part");
    const int file = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const bool good = file >= 0 &&
                      ::write(file, text.data(), text.size()) == ssize_t(text.size()) &&
                      ::fsync(file) == 0;
    if (file >= 0) ::close(file);
    const std::filesystem::path whole = config_.outbox / (name + ".eml");
    if (good) std::filesystem::rename(part, whole, error);
    if (!good || error) {
        std::filesystem::remove(part, error);
        return failure(Code::unavailable, "The mail cannot be written to the outbox.");
    }
    telemetry::info("no mail server is set; a mail waits in {}", whole.string());
    return {};
}

Result<void> Mailer::send_by_smtp(const std::string& to, const std::string& text) const {
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(
        curl_easy_init(), &curl_easy_cleanup
    );
    const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> recipients(
        curl_slist_append(nullptr, envelope(to).c_str()), &curl_slist_free_all
    );
    Reading reading{text};
    const std::string from = envelope(config_.from);
    CURL* handle = curl.get();
    curl_easy_setopt(handle, CURLOPT_URL, config_.smtp_url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROXY, "");  // not one of the environment's
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT, long(config_.timeout.count()));
    curl_easy_setopt(handle, CURLOPT_MAIL_FROM, from.c_str());
    curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, recipients.get());
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, &read_some);
    curl_easy_setopt(handle, CURLOPT_READDATA, &reading);
    curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    if (!config_.user.empty()) {
        // A password goes only over a connection that nobody can read.
        curl_easy_setopt(handle, CURLOPT_USE_SSL, long(CURLUSESSL_ALL));
        curl_easy_setopt(handle, CURLOPT_USERNAME, config_.user.c_str());
        curl_easy_setopt(handle, CURLOPT_PASSWORD, config_.password.c_str());
    } else {
        curl_easy_setopt(handle, CURLOPT_USE_SSL, long(CURLUSESSL_TRY));
    }
    const CURLcode code = curl_easy_perform(handle);
    if (code == CURLE_OK) return {};
    long answer = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer);
    const std::string why = std::string("The mail server did not take the mail: ") +
                            curl_easy_strerror(code) + " (" + std::to_string(answer) + ").";
    // 5yz: it will never take it (RFC 5321 section 4.2.1).
    return failure(answer >= 500 ? Code::invalid : Code::unavailable, why);
}

}  // namespace zoetrope::mail
