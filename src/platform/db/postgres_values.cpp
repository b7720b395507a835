#include "platform/db/postgres_values.hpp"

#include <libpq-fe.h>

#include <charconv>
#include <cstring>

namespace zoetrope::db {

namespace {

// pg_type.h
enum Type : unsigned {
    type_bool = 16,
    type_int8 = 20,
    type_int2 = 21,
    type_int4 = 23,
    type_text = 25,
    type_float4 = 700,
    type_float8 = 701,
    type_varchar = 1043,
    type_numeric = 1700
};

template <class Number>
void append_number(std::string& out, Number number) {
    char digits[40];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

// In an array everything may stand in quotes, with these two escaped.
void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

template <class Number>
Value number_of(const char* text, int length) {
    Number number{};
    std::from_chars(text, text + length, number);
    return number;
}

Value value_of(const pg_result* result, int row, int column, unsigned type) {
    if (PQgetisnull(result, row, column)) return Null{};
    const char* text = PQgetvalue(result, row, column);
    const int length = PQgetlength(result, row, column);
    switch (type) {
        case type_bool:
            return std::int64_t(text[0] == 't');
        case type_int2:
        case type_int4:
        case type_int8:
            return number_of<std::int64_t>(text, length);
        case type_float4:
        case type_float8:
        case type_numeric:
            return number_of<double>(text, length);
        default:
            return std::string(text, std::size_t(length));
    }
}

// `Key (owner_id, name)=(1, a) already exists.` names the columns.
std::string columns_in(const char* detail) {
    const std::string_view text = detail ? detail : "";
    const std::size_t begin = text.find('(');
    const std::size_t end = text.find(")=");
    if (begin == std::string_view::npos || end == std::string_view::npos) return {};
    return std::string(text.substr(begin + 1, end - begin - 1));
}

}  // namespace

void TextParams::set(const std::vector<Value>& values) {
    text_.clear();
    offsets_.clear();
    pointers_.clear();
    constexpr auto null = std::string::npos;
    for (const Value& value : values) {
        offsets_.push_back(text_.size());
        if (std::holds_alternative<Null>(value)) {
            offsets_.back() = null;
        } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
            append_number(text_, *whole);
        } else if (const auto* number = std::get_if<double>(&value)) {
            append_number(text_, *number);
        } else {
            text_ += std::get<std::string>(value);
        }
        text_ += '\0';
    }
    for (const std::size_t offset : offsets_)
        pointers_.push_back(offset == null ? nullptr : text_.data() + offset);
}

std::string array_text(const std::vector<const std::vector<Value>*>& rows, std::size_t at) {
    std::string out = "{";
    for (const auto* row : rows) {
        if (out.size() > 1) out += ',';
        const Value& value = (*row)[at];
        if (std::holds_alternative<Null>(value)) {
            out += "NULL";
        } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
            append_number(out, *whole);
        } else if (const auto* number = std::get_if<double>(&value)) {
            append_number(out, *number);
        } else {
            append_quoted(out, std::get<std::string>(value));
        }
    }
    return out += '}';
}

Rows rows_of(const pg_result* result) {
    Rows rows;
    const int columns = PQnfields(result);
    const int count = PQntuples(result);
    rows.columns.reserve(std::size_t(columns));
    std::vector<unsigned> types;
    for (int c = 0; c < columns; ++c) {
        rows.columns.emplace_back(PQfname(result, c));
        types.push_back(PQftype(result, c));
    }
    rows.rows.resize(std::size_t(count));
    for (int r = 0; r < count; ++r) {
        auto& row = rows.rows[std::size_t(r)];
        row.reserve(std::size_t(columns));
        for (int c = 0; c < columns; ++c)
            row.push_back(value_of(result, r, c, types[std::size_t(c)]));
    }
    const char* changed = PQcmdTuples(const_cast<pg_result*>(result));
    std::from_chars(changed, changed + std::strlen(changed), rows.changed);
    return rows;
}

// https://www.postgresql.org/docs/15/errcodes-appendix.html
std::exception_ptr error_of(const pg_result* result) {
    const char* code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const std::string_view state = code ? code : "";
    const auto field = [result](char which) { return PQresultErrorField(result, which); };
    const auto violation = [](Violation::Kind kind, std::string column) {
        return std::make_exception_ptr(Violation(kind, std::move(column)));
    };
    const auto text = [](const char* words) { return std::string(words ? words : ""); };
    if (state == "23505")
        return violation(Violation::Kind::unique, columns_in(field(PG_DIAG_MESSAGE_DETAIL)));
    if (state == "23503")
        return violation(Violation::Kind::foreign_key, columns_in(field(PG_DIAG_MESSAGE_DETAIL)));
    if (state == "23502")
        return violation(Violation::Kind::not_null, text(field(PG_DIAG_COLUMN_NAME)));
    if (state == "23514")
        return violation(Violation::Kind::check, text(field(PG_DIAG_CONSTRAINT_NAME)));
    if (state == "40001" || state == "40P01") return std::make_exception_ptr(Contended());
    if (state == "57014" || state == "55P03") return std::make_exception_ptr(TimedOut());
    if (state == "53100")
        return std::make_exception_ptr(
            StorageRefused(Code::storage_full, "The disk that holds the database is full.")
        );
    if (state == "25006")
        return std::make_exception_ptr(
            StorageRefused(Code::unavailable, "The database is read-only just now.")
        );
    if (state.starts_with("22"))
        return std::make_exception_ptr(
            Refusal(failure(Code::invalid, "A value is not acceptable to the database.").error())
        );
    const std::string said =
        "PostgreSQL: " + text(field(PG_DIAG_MESSAGE_PRIMARY)) + " (" + std::string(state) + ")";
    // The server is going down, or an administrator ended the connection.
    if (state.starts_with("57P") || state.starts_with("08"))
        return std::make_exception_ptr(lost(said));
    return std::make_exception_ptr(Failure(said));
}

std::string type_name(unsigned oid) {
    switch (oid) {
        case type_bool:
            return "boolean";
        case type_int2:
            return "smallint";
        case type_int4:
            return "integer";
        case type_int8:
            return "bigint";
        case type_float4:
            return "real";
        case type_float8:
            return "double precision";
        case type_numeric:
            return "numeric";
        case type_text:
            return "text";
        case type_varchar:
            return "varchar";
        default:
            throw std::logic_error("no array of PostgreSQL's type " + std::to_string(oid));
    }
}

}  // namespace zoetrope::db
