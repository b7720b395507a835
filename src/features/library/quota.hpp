// How much of the disk each user's files may take: `--storage-per-user`. The limit is kept by one
// conditional update of the user's row in `storage_used`, in the transaction that adds assets. The
// claims here say how much has arrived and is not added yet, so that an upload that cannot fit is
// refused while it arrives, not when it has been stored; only this process knows of them.
//
// Any thread.
#pragma once

#include <atomic>
#include <limits>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "platform/base/ids.hpp"
#include "platform/base/result.hpp"

namespace zoetrope::library {

class Quota {
    using Arriving = std::atomic<std::int64_t>;

  public:
    static constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

    // Bytes of one file on its way in, until it is added or dropped.
    class Claim {
      public:
        explicit Claim(std::shared_ptr<Arriving> all) : all_(std::move(all)) {}
        ~Claim() {
            if (all_) *all_ -= bytes_;
        }
        Claim(Claim&& other) noexcept
            : all_(std::move(other.all_)),
              bytes_(std::exchange(other.bytes_, 0)) {}
        Claim& operator=(Claim&& other) noexcept {
            std::swap(all_, other.all_);
            std::swap(bytes_, other.bytes_);
            return *this;
        }
        // Answers what arrives of the user's in all.
        std::int64_t add(std::int64_t bytes) {
            bytes_ += bytes;
            return *all_ += bytes;
        }

      private:
        std::shared_ptr<Arriving> all_;
        std::int64_t bytes_ = 0;
    };

    explicit Quota(std::int64_t bytes_max = unlimited) : bytes_max_(bytes_max) {}

    std::int64_t bytes_max() const { return bytes_max_; }
    Claim claim(UserId owner);
    // Of all the user's claims.
    std::int64_t arriving(UserId owner) const;
    // Errors: over_quota when `bytes` more are too many for who has `used`.
    Result<void> check(std::int64_t used, std::int64_t bytes) const;

  private:
    const std::int64_t bytes_max_;
    mutable std::mutex mutex_;
    std::unordered_map<std::int64_t, std::weak_ptr<Arriving>> arriving_;  // by user
};

}  // namespace zoetrope::library
