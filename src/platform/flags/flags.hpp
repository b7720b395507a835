// Feature flags: what an operator may switch on and off while the server runs. Each has a default
// in the code; what was changed is a row of `settings`, read at the start and every few seconds, so
// that every process follows.
#pragma once

#include <atomic>
#include <boost/describe/class.hpp>
#include <deque>
#include <string>
#include <vector>

#include "platform/base/time.hpp"
#include "platform/db/session.hpp"

namespace zoetrope::flags {

class Flag {
  public:
    Flag(std::string_view name, bool fallback, std::string_view sentence)
        : name_(name),
          sentence_(sentence),
          fallback_(fallback),
          on_(fallback) {}
    std::string_view name() const { return name_; }
    std::string_view sentence() const { return sentence_; }
    bool is_on() const { return on_.load(std::memory_order_relaxed); }

  private:
    friend class Flags;
    std::string_view name_, sentence_;
    bool fallback_;
    std::atomic<bool> on_;
};

// A flag as the API shows it.
struct FlagState {
    std::string name;
    bool enabled = false;
    bool fallback = false;
    std::string sentence;
    static constexpr std::string_view schema_name = "FeatureFlag";
};
BOOST_DESCRIBE_STRUCT(FlagState, (), (name, enabled, fallback, sentence))

class Flags {
  public:
    // Before the server starts; the reference stays good.
    const Flag& add(std::string_view name, bool fallback, std::string_view sentence);

    Async<void> load(db::Session& db);
    // Errors: not_found.
    Async<Result<FlagState>> set(db::Session& db, std::string name, bool on, Instant now);
    std::vector<FlagState> all() const;

  private:
    std::deque<Flag> flags_;
};

}  // namespace zoetrope::flags
