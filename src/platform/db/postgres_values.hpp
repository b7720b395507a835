// Values to libpq's text format and back, and its errors. Private to the part.
#pragma once

#include <string>
#include <vector>

#include "platform/db/session.hpp"

struct pg_result;

namespace zoetrope::db {

// The parameters of one call, as libpq wants them; valid until the next `set`.
class TextParams {
  public:
    void set(const std::vector<Value>& values);
    int count() const { return int(pointers_.size()); }
    const char* const* values() const { return pointers_.data(); }

  private:
    std::string text_;  // all of them, each ended by NUL
    std::vector<std::size_t> offsets_;
    std::vector<const char*> pointers_;
};

// `{1,"a b",NULL}`: column `at` of many rows as one array parameter.
std::string array_text(const std::vector<const std::vector<Value>*>& rows, std::size_t at);

Rows rows_of(const pg_result* result);
std::exception_ptr error_of(const pg_result* result);
std::string type_name(unsigned oid);  // `bigint`; throws std::logic_error for one we do not use

}  // namespace zoetrope::db
