// One value against one schema. Private to the part.
#pragma once

#include "platform/json_schema/json_schema.hpp"

namespace zoetrope::json_schema {

void check_node(
    const Node& node,
    const boost::json::value& value,
    const json::Path& at,
    json::Problems& problems
);

}  // namespace zoetrope::json_schema
