#include "platform/db/session.hpp"

namespace zoetrope::db {

namespace {

Error explain(Violation::Kind kind, const std::string& field) {
    const std::string name = field.empty() ? "A value" : field;
    Error error{.code = Code::invalid, .message = "Some fields are not acceptable."};
    switch (kind) {
        case Violation::Kind::unique:
            error.code = Code::conflict;
            error.message = name + " is already taken.";
            break;
        case Violation::Kind::foreign_key:
            error.message = name + " refers to something that does not exist.";
            break;
        case Violation::Kind::not_null:
            error.message = name + " is missing.";
            break;
        case Violation::Kind::check:
            error.message = name + " is out of bounds.";
            break;
    }
    if (!field.empty()) error.fields.push_back({field, error.message});
    return error;
}

Error with_retry(Code code, std::string message) {
    return {.code = code, .message = std::move(message), .retry_after_s = 1};
}

}  // namespace

Failure lost(const std::string& why) {
    return Failure(
        why,
        "The connection to the database was lost. If this was to change something, it may have "
        "been applied: look before you send it again."
    );
}

Violation::Violation(Kind kind, std::string field)
    : Refusal(explain(kind, field)),
      kind(kind),
      field(std::move(field)) {}

Contended::Contended()
    : Refusal(with_retry(Code::conflict, "Somebody else changed the same thing. Try again.")) {}

RoomMade::RoomMade() {
    error = with_retry(Code::unavailable, "The disk was full, and space was freed. Try again.");
}

TimedOut::TimedOut()
    : Refusal(with_retry(Code::timeout, "The database took too long. Try again.")) {}

StorageRefused::StorageRefused(Code code, std::string message)
    : Refusal(failure(code, std::move(message)).error()) {}

}  // namespace zoetrope::db
