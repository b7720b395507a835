// The time half of a session: the deadline of each phase, and how long it has kept others waiting.
#include <algorithm>

#include "platform/http/session.hpp"

namespace zoetrope::http {

void Session::enter(Phase phase) {
    phase_ = phase;
    const Limits& limits = core_.limits;
    switch (phase) {
        case Phase::idle:
            deadline_ = core_.now + limits.idle;
            break;
        case Phase::header:
            deadline_ = core_.now + limits.header_read;
            break;
        case Phase::body:
            deadline_ =
                core_.now +
                std::min<std::chrono::steady_clock::duration>(limits.body_read, body_time_left());
            break;
        case Phase::writing:
            deadline_ = core_.now + limits.write;
            break;
        case Phase::lingering:
            deadline_ = core_.now + limits.linger;
            break;
        case Phase::handling:
            deadline_ = std::chrono::steady_clock::time_point::max();
            break;
    }
}

void Session::close_if_late(std::chrono::steady_clock::time_point now) {
    if (now < deadline_) return;
    late_ = true;
    boost::system::error_code ignored;
    // A read that waits for a request ends here and can still say 408; nothing else can.
    if (phase_ == Phase::header || phase_ == Phase::body) {
        socket_.cancel(ignored);
    } else {
        socket_.close(ignored);
    }
}

void Session::close_if_idle() {
    if ((phase_ == Phase::idle && out_.empty()) || phase_ == Phase::lingering) close();
}

void Session::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
}

std::chrono::steady_clock::duration Session::idle_for() const {
    if (!out_.empty() || !socket_.is_open()) return std::chrono::seconds(-1);
    if (phase_ == Phase::idle) return core_.now - (deadline_ - core_.limits.idle);
    // A header that is begun keeps the place no longer than nothing would.
    if (phase_ == Phase::header) return core_.now - (deadline_ - core_.limits.header_read);
    return std::chrono::seconds(-1);
}

// Of the time that a client may keep us waiting for its body, in all.
std::chrono::steady_clock::duration Session::body_time_left() const {
    const Limits& limits = core_.limits;
    const std::chrono::seconds paid(
        body_is_whole_ ? limits.body_total.count()
                       : limits.body_read.count() + std::int64_t(body_received_ / limits.rate_min)
    );
    return paid - body_waited_;
}

std::size_t Session::unread_bytes(bool of_slow) const {
    const bool is_slow = core_.now - unread_since_ >= std::chrono::seconds(1);
    if (phase_ != Phase::writing || !socket_.is_open() || (of_slow && !is_slow)) return 0;
    return unread_bytes_;
}

std::size_t Session::slow_bytes(bool of_strangers) const {
    if (phase_ != Phase::body || late_ || (of_strangers && !held_by_stranger_)) return 0;
    constexpr std::size_t usual = 10;  // times the least rate: a phone's upload is no slow body
    const auto waited = std::chrono::duration_cast<std::chrono::seconds>(
        body_waited_ + (core_.now - body_wait_began_)
    );
    const auto expected = std::uint64_t(waited.count()) * usual * core_.limits.rate_min;
    return body_received_ < expected ? held_bytes_ : 0;
}

void Session::end_body() {
    late_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

}  // namespace zoetrope::http
