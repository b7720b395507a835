#pragma once

#include "features/library/library.hpp"

namespace zoetrope::library {

inline constexpr std::size_t piece_bytes = 256 * 1024;  // read at a time

struct ContentOptions {
    bool download = false;
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(ContentOptions, (), (download))

}  // namespace zoetrope::library
