// Errors a caller can act on: Result<T> is a value or an Error; a dropped Result warns. What the
// caller cannot act on (the database is away, no memory) is an exception, caught only by the
// router's dispatch and the queue's worker.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>
#include <vector>

namespace zoetrope {

// Each code has one HTTP status (platform/http/problem.cpp) and one queue policy
// (platform/queue/queue.hpp).
enum class Code : std::uint8_t {
    malformed,        // 400
    invalid,          // 422
    unauthenticated,  // 401
    forbidden,        // 403
    not_found,        // 404
    too_slow,         // 408
    conflict,         // 409
    precondition,     // 412
    too_large,        // 413
    unsupported,      // 415
    range,            // 416
    over_quota,       // 409: the caller's files take all they may
    limited,          // 429
    budget,           // 402
    timeout,          // 504
    unavailable,      // 503
    storage_full,     // 507
    cancelled,        // 499
};

struct FieldError {
    std::string field;    // a path: `steps[2].prompt`
    std::string message;  // what is wrong and what is accepted
};

// Messages are plain sentences, safe to show to the person who caused them.
struct Error {
    Code code{};
    std::string message;
    std::vector<FieldError> fields{};
    int retry_after_s = 0;   // for limited and unavailable; 0: not said
    std::int64_t limit = 0;  // for limited: how many a window takes; 0: not said
};

// A class of its own, because an alias of std::expected does not warn when it is dropped.
template <class T>
struct [[nodiscard]] Result : std::expected<T, Error> {
    using std::expected<T, Error>::expected;
};

inline std::unexpected<Error> failure(Code code, std::string message) {
    return std::unexpected(Error{.code = code, .message = std::move(message)});
}
inline std::unexpected<Error> not_found(std::string message) {
    return failure(Code::not_found, std::move(message));
}
inline std::unexpected<Error> conflict(std::string message) {
    return failure(Code::conflict, std::move(message));
}
inline std::unexpected<Error> invalid(std::string field, std::string message) {
    Error error{.code = Code::invalid, .message = "Some fields are not acceptable."};
    error.fields.push_back({std::move(field), std::move(message)});
    return std::unexpected(std::move(error));
}

}  // namespace zoetrope

#define ZT_JOIN_(a, b) a##b
#define ZT_JOIN(a, b) ZT_JOIN_(a, b)

// Early return of an error. `TRY(auto x, f())` in functions, `CO_TRY(auto x, co_await f())` in
// coroutines; the CHECK forms drop the value.
#define ZT_TRY_(ret, tmp, declaration, ...)                \
    auto tmp = (__VA_ARGS__);                              \
    if (!tmp) ret std::unexpected(std::move(tmp).error()); \
    declaration = *std::move(tmp)
#define ZT_CHECK_(ret, ...)                           \
    if (auto zt_checked = (__VA_ARGS__); !zt_checked) \
    ret std::unexpected(std::move(zt_checked).error())

#define TRY(declaration, ...) ZT_TRY_(return, ZT_JOIN(zt_try_, __LINE__), declaration, __VA_ARGS__)
#define CO_TRY(declaration, ...) \
    ZT_TRY_(co_return, ZT_JOIN(zt_try_, __LINE__), declaration, __VA_ARGS__)
#define CHECK(...) ZT_CHECK_(return, __VA_ARGS__)
#define CO_CHECK(...) ZT_CHECK_(co_return, __VA_ARGS__)
