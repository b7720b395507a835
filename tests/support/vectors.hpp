// Independent test vectors: files of public suites, which lie beside the checkout
// (../shared/vectors, or where ZOETROPE_TEST_VECTORS says). A test that needs them fails where they
// are missing.
#pragma once

#include <boost/json/value.hpp>
#include <filesystem>
#include <map>
#include <string>

namespace zoetrope::test {

// The files of a folder below, by name. Throws std::runtime_error when there are none.
std::map<std::string, std::string> vectors_in(const std::string& folder);
// One of the JSON files below. Throws when it is missing or damaged.
boost::json::value vectors_of(const std::string& file);

}  // namespace zoetrope::test
