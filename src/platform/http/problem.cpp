#include <boost/describe/class.hpp>

#include "platform/base/json/write.hpp"
#include "platform/base/text.hpp"
#include "platform/http/response.hpp"

namespace zoetrope {
BOOST_DESCRIBE_STRUCT(FieldError, (), (field, message))
}

namespace zoetrope::http {

namespace {

// Details repeat what the client sent, which may be any bytes.
Response render(
    int status,
    std::string_view kind,
    std::string_view detail,
    const std::vector<FieldError>& fields,
    std::string_view request_id
) {
    Response response{.status = status, .content_type = "application/problem+json"};
    std::string& out = response.body;
    out = R"({"type":"urn:zoetrope:problem:)";
    out.append(kind) += R"(","title":)";
    json::write_string(out, reason_of(status));
    out += R"(,"status":)" + std::to_string(status) + R"(,"detail":)";
    json::write_string(out, valid_utf8(detail));
    out += R"(,"request_id":)";
    json::write_string(out, request_id);
    out += R"(,"errors":)";
    out += '[';
    for (const FieldError& each : fields) {
        if (!out.ends_with('[')) out += ',';
        json::write(out, FieldError{valid_utf8(each.field), valid_utf8(each.message)});
    }
    out += "]}";
    return response;
}

struct Row {
    int status;
    std::string_view kind;
};

Row row_of(Code code) {
    switch (code) {
        case Code::malformed:
            return {400, "malformed"};
        case Code::invalid:
            return {422, "invalid"};
        case Code::unauthenticated:
            return {401, "unauthenticated"};
        case Code::forbidden:
            return {403, "forbidden"};
        case Code::not_found:
            return {404, "not_found"};
        case Code::too_slow:
            return {408, "too_slow"};
        case Code::conflict:
            return {409, "conflict"};
        case Code::precondition:
            return {412, "precondition"};
        case Code::too_large:
            return {413, "too_large"};
        case Code::unsupported:
            return {415, "unsupported"};
        case Code::range:
            return {416, "range"};
        case Code::over_quota:
            return {409, "over_quota"};
        case Code::limited:
            return {429, "limited"};
        case Code::budget:
            return {402, "budget"};
        case Code::timeout:
            return {504, "timeout"};
        case Code::unavailable:
            return {503, "unavailable"};
        case Code::storage_full:
            return {507, "storage_full"};
        case Code::cancelled:
            return {499, "cancelled"};
    }
    return {500, "internal"};
}

}  // namespace

int status_of(Code code) { return row_of(code).status; }

Response problem(const Error& error, std::string_view request_id) {
    const Row row = row_of(error.code);
    Response response = render(row.status, row.kind, error.message, error.fields, request_id);
    if (error.code == Code::unauthenticated)  // RFC 9110 section 11.6.1
        response.set("WWW-Authenticate", "Bearer realm=\"zoetrope\"");
    if (error.retry_after_s > 0) response.set("Retry-After", std::to_string(error.retry_after_s));
    if (error.limit > 0)
        set_quota(response, {.limit = error.limit, .reset_s = error.retry_after_s});
    return response;
}

void set_quota(Response& response, const limits::Quota& quota) {
    if (response.headers.contains("RateLimit-Limit")) return;  // one that is closer to its end
    response.set("RateLimit-Limit", std::to_string(quota.limit))
        .set("RateLimit-Remaining", std::to_string(quota.remaining))
        .set("RateLimit-Reset", std::to_string(quota.reset_s));
}

Response problem(int status, std::string_view detail, std::string_view request_id) {
    return render(status, "http_" + std::to_string(status), detail, {}, request_id);
}

std::string_view reason_of(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 304:
            return "Not Modified";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 402:
            return "Payment Required";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 415:
            return "Unsupported Media Type";
        case 416:
            return "Range Not Satisfiable";
        case 421:
            return "Misdirected Request";
        case 422:
            return "Unprocessable Content";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 499:
            return "Client Closed Request";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 507:
            return "Insufficient Storage";
        default:
            return "Status";
    }
}

}  // namespace zoetrope::http
