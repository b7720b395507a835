// How many of something each network may hold open at a time: connections. One thread.
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <span>
#include <string>

#include "platform/limits/networks.hpp"

namespace zoetrope::limits {

class OpenPerNetwork {
  public:
    // `max`: of an allowance of 1; `most`: of any.
    OpenPerNetwork(std::size_t max, std::size_t most) : max_(max), most_(most) {}

    // The narrowest of the networks that holds its maximum already. Null: none does, and one more
    // is counted for each, until it is given back.
    const LimitKey* take(std::span<const LimitKey> networks) {
        for (const LimitKey& each : networks)
            if (open(each.key) >= std::min(max_ * std::size_t(each.allowance), most_)) return &each;
        for (const LimitKey& each : networks) ++open_[each.key];
        return nullptr;
    }
    void give_back(std::span<const LimitKey> networks) {
        for (const LimitKey& each : networks) {
            const auto found = open_.find(each.key);
            if (--found->second == 0) open_.erase(found);
        }
    }
    std::size_t open(const std::string& network) const {
        const auto found = open_.find(network);
        return found == open_.end() ? 0 : found->second;
    }

  private:
    const std::size_t max_, most_;
    boost::unordered_flat_map<std::string, std::size_t> open_;
};

}  // namespace zoetrope::limits
