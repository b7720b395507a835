// Values to libpq's formats and back, and its errors. Private to the part.
#pragma once

#include <string>
#include <vector>

#include "platform/db/session.hpp"

struct pg_result;

namespace zoetrope::db {

// How all parameters of a call are written: as text, or each as the bytes of its type.
enum class Form : std::uint8_t { text, binary };

// The parameters of one call, as libpq wants them; valid until the next `set`, and as long as the
// values are.
class Params {
  public:
    void set(const std::vector<Value>& values, Form form);
    int count() const { return int(pointers_.size()); }
    const char* const* values() const { return pointers_.data(); }
    const int* lengths() const { return lengths_.data(); }
    const int* formats() const { return formats_.data(); }

  private:
    void set_text(const std::vector<Value>& values);

    std::string text_;  // all of them, each ended by NUL
    std::vector<std::size_t> offsets_;
    std::vector<const char*> pointers_;
    std::vector<int> lengths_, formats_;
};

// Column `at` of many rows as the bytes of one array of `type`, which the server need not parse:
// dimensions, whether there are nulls, the type, size and lower bound, then each element's length
// and bytes, all in network order.
std::string array_bytes(
    const std::vector<const std::vector<Value>*>& rows, std::size_t at, unsigned type
);

Rows rows_of(const pg_result* result);
std::exception_ptr error_of(const pg_result* result);
std::string type_name(unsigned oid);  // `bigint`; throws std::logic_error for one we do not use

}  // namespace zoetrope::db
