// How many requests of a kind each user has in work at a time; the rest wait, in the order of
// coming. All of them on one I/O thread.
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
        std::size_t users = 0;  // that hold a turn or wait for one
    };

  public:
    TurnsPerUser(unsigned at_a_time, asio::io_context& io) : at_a_time_(at_a_time), io_(io) {}

    // Held while the request is in work.
    class Place {
      public:
        Place() = default;
        Place(TurnsPerUser* of, UserId user) : of_(of), user_(user) {}
        Place(Place&& other) noexcept
            : of_(std::exchange(other.of_, nullptr)),
              user_(other.user_),
              turn_(std::move(other.turn_)) {}
        Place& operator=(Place&&) = delete;
        ~Place() {
            turn_ = Turn();
            if (of_) of_->leave(user_);
        }

      private:
        friend class TurnsPerUser;
        TurnsPerUser* of_ = nullptr;
        UserId user_{};
        Turn turn_;
    };

    Async<Place> take(UserId user) {
        auto& line = lines_[user.value];
        if (!line) line = std::make_unique<Line>(Line{Turns(at_a_time_, io_)});
        ++line->users;
        Place place(this, user);  // leaves the line, however the wait ends
        place.turn_ = co_await line->turns.take();
        co_return place;
    }

  private:
    void leave(UserId user) {
        const auto found = lines_.find(user.value);
        if (--found->second->users == 0) lines_.erase(found);
    }

    const unsigned at_a_time_;
    asio::io_context& io_;
    std::unordered_map<std::int64_t, std::unique_ptr<Line>> lines_;
};

}  // namespace zoetrope::limits
