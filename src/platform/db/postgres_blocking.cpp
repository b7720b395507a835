#include "platform/db/postgres_blocking.hpp"

#include <libpq-fe.h>

#include "platform/db/postgres_values.hpp"

namespace zoetrope::db {

namespace {

// No time limit: an index on a large table takes as long as it takes.
PostgresConfig plain(const std::string& url) {
    return {.url = url, .statement_max = std::chrono::milliseconds(0), .behind_pooler = true};
}

void check(const Answer& answer) {
    const auto status = PQresultStatus(answer.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        std::rethrow_exception(error_of(answer.get()));
}

}  // namespace

PostgresBlocking::PostgresBlocking(const std::string& url)
    : handle_(connect_postgres(plain(url))) {}

Rows PostgresBlocking::run(std::string_view text, const std::vector<Value>& params) {
    Params encoded;
    encoded.set(params, Form::text);
    const Answer answer(PQexecParams(
        handle_.get(),
        std::string(text).c_str(),
        encoded.count(),
        nullptr,
        encoded.values(),
        nullptr,
        nullptr,
        0
    ));
    check(answer);
    return rows_of(answer.get());
}

void PostgresBlocking::execute(const char* text) {
    const Answer answer(PQexec(handle_.get(), text));
    check(answer);
}

}  // namespace zoetrope::db
