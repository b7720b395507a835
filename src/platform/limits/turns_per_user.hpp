// How many requests of a kind each user has in work at a time; the rest wait, in the order of
// coming. Fewer while the user's answers are large: each of those keeps the thread from others for
// a while. All of them on one I/O thread.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

#include "platform/base/ids.hpp"
#include "platform/base/turns.hpp"

namespace zoetrope::limits {

class TurnsPerUser {
    struct Line {
        Turns turns;
        Turns large;
        bool is_large = false;  // an answer, since the line began
        std::size_t users = 0;  // that hold a turn or wait for one
    };

  public:
    struct Limits {
        unsigned at_a_time;
        unsigned large_at_a_time;
        std::size_t large_bytes;
    };
    TurnsPerUser(Limits limits, asio::io_context& io) : limits_(limits), io_(io) {}

    // Held while the request is in work.
    class Place {
      public:
        Place() = default;
        Place(TurnsPerUser* of, UserId user) : of_(of), user_(user) {}
        Place(Place&& other) noexcept
            : of_(std::exchange(other.of_, nullptr)),
              user_(other.user_),
              turn_(std::move(other.turn_)),
              large_(std::move(other.large_)) {}
        Place& operator=(Place&&) = delete;
        ~Place() {
            large_ = Turn();
            turn_ = Turn();
            if (of_) of_->leave(user_);
        }
        // How large the answer became.
        void note(std::size_t bytes) {
            of_->lines_.at(user_.value)->is_large |= bytes >= of_->limits_.large_bytes;
        }

      private:
        friend class TurnsPerUser;
        TurnsPerUser* of_ = nullptr;
        UserId user_{};
        Turn turn_, large_;
    };

    Async<Place> take(UserId user) {
        auto& line = lines_[user.value];
        if (!line)
            line = std::make_unique<Line>(
                Line{Turns(limits_.at_a_time, io_), Turns(limits_.large_at_a_time, io_)}
            );
        Line& mine = *line;  // others' lines may move the map
        ++mine.users;
        Place place(this, user);  // leaves the line, however the wait ends
        place.turn_ = co_await mine.turns.take();
        if (mine.is_large) place.large_ = co_await mine.large.take();
        co_return place;
    }

  private:
    void leave(UserId user) {
        const auto found = lines_.find(user.value);
        if (--found->second->users == 0) lines_.erase(found);
    }

    const Limits limits_;
    asio::io_context& io_;
    std::unordered_map<std::int64_t, std::unique_ptr<Line>> lines_;
};

}  // namespace zoetrope::limits
