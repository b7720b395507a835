// How long something took.
#pragma once

#include <chrono>

namespace zoetrope {

class Stopwatch {
  public:
    std::chrono::microseconds elapsed() const {
        return std::chrono::duration_cast<std::chrono::microseconds>(
            std::chrono::steady_clock::now() - begun_at_
        );
    }

  private:
    std::chrono::steady_clock::time_point begun_at_ = std::chrono::steady_clock::now();
};

}  // namespace zoetrope
