// What was looked up, kept in memory: the least recently used goes when there are too many, and
// nothing is kept longer than `age_max`. Any thread.
#pragma once

#include <chrono>
#include <list>
#include <map>
#include <mutex>
#include <optional>

namespace zoetrope::cache {

template <class Key, class Value>
class Lru {
  public:
    using Clock = std::chrono::steady_clock;

    // `age_max` 0: what never changes.
    explicit Lru(std::size_t count_max, std::chrono::milliseconds age_max = {})
        : count_max_(count_max),
          age_max_(age_max) {}

    std::optional<Value> get(const Key& key, Clock::time_point now = Clock::now()) {
        const std::lock_guard lock(mutex_);
        const auto found = places_.find(key);
        if (found == places_.end()) return std::nullopt;
        if (age_max_.count() > 0 && now - found->second->put_at >= age_max_) {
            entries_.erase(found->second);
            places_.erase(found);
            return std::nullopt;
        }
        entries_.splice(entries_.begin(), entries_, found->second);
        return found->second->value;
    }

    void put(const Key& key, Value value, Clock::time_point now = Clock::now()) {
        const std::lock_guard lock(mutex_);
        if (const auto found = places_.find(key); found != places_.end()) {
            entries_.erase(found->second);
            places_.erase(found);
        }
        entries_.push_front({key, std::move(value), now});
        places_[key] = entries_.begin();
        if (entries_.size() <= count_max_) return;
        places_.erase(entries_.back().key);
        entries_.pop_back();
    }

    void erase(const Key& key) {
        const std::lock_guard lock(mutex_);
        const auto found = places_.find(key);
        if (found == places_.end()) return;
        entries_.erase(found->second);
        places_.erase(found);
    }

  private:
    struct Entry {
        Key key;
        Value value;
        Clock::time_point put_at;
    };
    const std::size_t count_max_;
    const std::chrono::milliseconds age_max_;
    std::mutex mutex_;
    std::list<Entry> entries_;  // the latest used first
    std::map<Key, typename std::list<Entry>::iterator> places_;
};

}  // namespace zoetrope::cache
