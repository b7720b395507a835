// A plain connection that blocks: for migrations, before the server runs. Private to the part.
#pragma once

#include "platform/db/postgres_connection.hpp"

namespace zoetrope::db {

class PostgresBlocking {
  public:
    explicit PostgresBlocking(const std::string& url);

    Rows run(std::string_view text, const std::vector<Value>& params);
    void execute(const char* text);  // no parameters, no rows; may be several statements

  private:
    Handle handle_;
};

}  // namespace zoetrope::db
