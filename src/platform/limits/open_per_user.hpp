// How many of something each user may hold open at a time in this process: event streams, long
// polls. Thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "platform/base/ids.hpp"

namespace zoetrope::limits {

class OpenPerUser {
  public:
    explicit OpenPerUser(std::size_t max) : max_(max) {}

    std::size_t max() const { return max_; }

    // Held as long as it lives, which must be within the life of this object.
    using Permit = std::shared_ptr<const void>;
    // Null when the user holds `max` already.
    Permit take(UserId user) {
        {
            const std::lock_guard lock(mutex_);
            std::size_t& open = open_[user.value];
            if (open >= max_) return nullptr;
            ++open;
        }
        return {this, [user](OpenPerUser* of) { of->give_back(user); }};
    }

  private:
    void give_back(UserId user) {
        const std::lock_guard lock(mutex_);
        const auto found = open_.find(user.value);
        if (--found->second == 0) open_.erase(found);
    }

    const std::size_t max_;
    std::mutex mutex_;
    std::unordered_map<std::int64_t, std::size_t> open_;
};

}  // namespace zoetrope::limits
