#include "tests/support/vectors.hpp"

#include <boost/json/parse.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace zoetrope::test {

namespace {

namespace fs = std::filesystem;

fs::path place_of(const std::string& name) {
    const char* chosen = std::getenv("ZOETROPE_TEST_VECTORS");
    const fs::path place =
        (chosen ? chosen : ZOETROPE_SOURCE "/../shared/vectors") / fs::path(name);
    if (!fs::exists(place)) throw std::runtime_error("test vectors are missing: " + place.string());
    return place;
}

std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

std::map<std::string, std::string> vectors_in(const std::string& folder) {
    std::map<std::string, std::string> out;
    const fs::path place = place_of(folder);
    for (const auto& each : fs::directory_iterator(place))
        out.emplace(each.path().filename().string(), read_file(each.path()));
    if (out.empty()) throw std::runtime_error("test vectors are missing in " + place.string());
    return out;
}

boost::json::value vectors_of(const std::string& file) {
    return boost::json::parse(read_file(place_of(file)));
}

}  // namespace zoetrope::test
