#include "platform/db/postgres_values.hpp"

#include <libpq-fe.h>

#include <bit>
#include <charconv>
#include <cstring>

#include "platform/base/append_number.hpp"

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

template <class Whole>
void append_bytes(std::string& out, Whole whole) {
    if constexpr (std::endian::native == std::endian::little) whole = std::byteswap(whole);
    out.append(reinterpret_cast<const char*>(&whole), sizeof whole);
}

template <class Whole>
void append_element(std::string& out, Whole whole) {
    append_bytes(out, std::int32_t(sizeof whole));
    append_bytes(out, whole);
}

void append_element(std::string& out, const Value& value, unsigned type) {
    if (std::holds_alternative<Null>(value)) return append_bytes(out, std::int32_t(-1));
    switch (type) {
        case type_bool:
            return append_element(out, std::int8_t(std::get<std::int64_t>(value)));
        case type_int2:
            return append_element(out, std::int16_t(std::get<std::int64_t>(value)));
        case type_int4:
            return append_element(out, std::int32_t(std::get<std::int64_t>(value)));
        case type_int8:
            return append_element(out, std::get<std::int64_t>(value));
        case type_float8:
            return append_element(out, std::bit_cast<std::int64_t>(std::get<double>(value)));
        default: {
            const auto& text = std::get<std::string>(value);
            append_bytes(out, std::int32_t(text.size()));
            out += text;
        }
    }
}

template <class Number>
Number number_of(const char* text, int length) {
    Number number{};
    std::from_chars(text, text + length, number);
    return number;
}

void append_cell(
    std::vector<Value>& cells, const pg_result* result, int row, int column, unsigned type
) {
    const char* text = PQgetvalue(result, row, column);
    const int length = PQgetlength(result, row, column);
    if (length == 0 && PQgetisnull(result, row, column)) {
        cells.emplace_back();
        return;
    }
    switch (type) {
        case type_bool:
            cells.emplace_back(std::int64_t(text[0] == 't'));
            break;
        case type_int2:
        case type_int4:
        case type_int8:
            cells.emplace_back(number_of<std::int64_t>(text, length));
            break;
        case type_float4:
        case type_float8:
        case type_numeric:
            cells.emplace_back(number_of<double>(text, length));
            break;
        default:
            cells.emplace_back(std::in_place_type<std::string>, text, std::size_t(length));
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

void Params::set(const std::vector<Value>& values, Form form) {
    pointers_.clear();
    lengths_.assign(values.size(), 0);  // not looked at for text
    formats_.assign(values.size(), form == Form::binary);
    if (form == Form::text) return set_text(values);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto& bytes = std::get<std::string>(values[i]);
        pointers_.push_back(bytes.data());
        lengths_[i] = int(bytes.size());
    }
}

void Params::set_text(const std::vector<Value>& values) {
    text_.clear();
    offsets_.clear();
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

std::string array_bytes(
    const std::vector<const std::vector<Value>*>& rows, std::size_t at, unsigned type
) {
    constexpr std::size_t head_bytes = 20, element_bytes = 12;
    std::size_t bytes = head_bytes + rows.size() * element_bytes;
    for (const auto* row : rows)
        if (const auto* text = std::get_if<std::string>(&(*row)[at])) bytes += text->size();
    std::string out;
    out.reserve(bytes);
    for (const std::int32_t head : {1, 1, std::int32_t(type), std::int32_t(rows.size()), 1})
        append_bytes(out, head);
    for (const auto* row : rows) append_element(out, (*row)[at], type);
    return out;
}

Rows rows_of(const pg_result* result) {
    Rows rows;
    const int columns = PQnfields(result);
    const int count = PQntuples(result);
    rows.columns.reserve(std::size_t(columns));
    std::vector<unsigned> types;
    types.reserve(std::size_t(columns));
    for (int c = 0; c < columns; ++c) {
        rows.columns.emplace_back(PQfname(result, c));
        types.push_back(PQftype(result, c));
    }
    rows.cells.reserve(std::size_t(count) * std::size_t(columns));
    for (int r = 0; r < count; ++r)
        for (int c = 0; c < columns; ++c)
            append_cell(rows.cells, result, r, c, types[std::size_t(c)]);
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
        case type_float8:
            return "double precision";
        case type_text:
            return "text";
        case type_varchar:
            return "varchar";
        default:
            throw std::logic_error("no array of PostgreSQL's type " + std::to_string(oid));
    }
}

}  // namespace zoetrope::db
