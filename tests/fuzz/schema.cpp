// Schemas and values of strangers, as `SCHEMA\nVALUE`. Whatever comes, it is answered; what fits a
// schema still fits once it was written and read again.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>

#include "platform/json_schema/json_schema.hpp"

namespace zoetrope::json_schema {
namespace {

bool fits(const JsonSchema& schema, const boost::json::value& value) {
    json::Problems problems;
    schema.check(value, json::Path{}, problems);
    if (problems.empty()) return true;
    if (std::move(problems).take().fields.empty()) std::abort();
    return false;
}

void check(std::string_view text) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) return;
    const auto schema = JsonSchema::compile(text.substr(0, end));
    if (!schema) {
        if (schema.error().message.empty()) std::abort();
        return;
    }
    boost::json::error_code error;
    const auto value = boost::json::parse(text.substr(end + 1), error);
    if (error || !fits(*schema, value)) return;
    const auto again = boost::json::parse(boost::json::serialize(value), error);
    if (!error && canonical(again) == canonical(value) && !fits(*schema, again)) std::abort();
}

}  // namespace
}  // namespace zoetrope::json_schema

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    zoetrope::json_schema::check({reinterpret_cast<const char*>(bytes), size});
    return 0;
}
