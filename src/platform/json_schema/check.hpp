// One value against one schema. Private to the part.
#pragma once

#include "platform/json_schema/json_schema.hpp"

namespace zoetrope::json_schema {

// Steps that one check may take, a property of one object each: a few milliseconds. What a person
// fills in takes hundreds; many small objects against a schema of many properties take millions.
inline constexpr std::size_t steps_max = 100'000;

struct Check {
    json::Problems& problems;
    std::size_t steps = 0;
    bool is_over = false;
};

void check_node(
    const Node& node, const boost::json::value& value, const json::Path& at, Check& check
);

}  // namespace zoetrope::json_schema
