// OpenAPI 3.1 from the routes: the handlers' signatures are the source, so the page cannot disagree
// with the server.
#include <map>

#include "platform/http/router.hpp"

namespace zoetrope::http {

namespace {

constexpr std::string_view api_root = "/api/v1/";

constexpr std::string_view problem_schema =
    R"({"type":"object","properties":{"type":{"type":"string"},"title":{"type":"string"},)"
    R"("status":{"type":"integer"},"detail":{"type":"string"},"request_id":{"type":"string"},)"
    R"("errors":{"type":"array","items":{"type":"object","properties":{"field":{"type":"string"},)"
    R"("message":{"type":"string"}},"required":["field","message"]}}},)"
    R"("required":["type","title","status","detail","request_id","errors"]})";

std::vector<std::string> captures(std::string_view pattern) {
    std::vector<std::string> names;
    while (true) {
        const std::size_t open = pattern.find('{');
        if (open == std::string_view::npos) return names;
        const std::size_t close = pattern.find('}', open);
        names.emplace_back(pattern.substr(open + 1, close - open - 1));
        pattern.remove_prefix(close + 1);
    }
}

std::string parameter(std::string_view where, std::string_view name, std::string_view schema) {
    std::string out = R"({"name":)";
    json::write_string(out, name);
    out.append(R"(,"in":")").append(where).append(R"(","required":)");
    out.append(where == "path" ? "true" : "false").append(R"(,"schema":)").append(schema);
    return out += '}';
}

std::string parameters(const Endpoint& endpoint, const RouteDoc& doc) {
    std::string out;
    const auto add = [&out](std::string text) {
        if (!out.empty()) out += ',';
        out += text;
    };
    const auto names = captures(endpoint.pattern);
    for (std::size_t i = 0; i < names.size() && i < doc.path_schemas.size(); ++i) {
        add(parameter("path", names[i], doc.path_schemas[i]));
    }
    for (const auto& [name, schema] : doc.query) add(parameter("query", name, schema));
    if (doc.takes_key)
        add(parameter("header", "Idempotency-Key", R"({"type":"string","maxLength":255})"));
    if (doc.takes_match) add(parameter("header", "If-Match", R"({"type":"string"})"));
    return out;
}

std::string content(std::string_view media_type, std::string_view schema) {
    return R"("content":{")" + std::string(media_type) + R"(":{"schema":)" + std::string(schema) +
           "}}";
}

// Words of an address below the API's root: `/api/v1/assets/{id}/content` -> assets, id, content.
std::vector<std::string> words_of(std::string_view pattern) {
    if (pattern.starts_with(api_root)) pattern.remove_prefix(api_root.size());
    std::vector<std::string> words(1);
    for (const char c : pattern) {
        if (std::isalnum(static_cast<unsigned char>(c))) {
            words.back() += c;
        } else if (!words.back().empty()) {
            words.emplace_back();
        }
    }
    if (words.back().empty()) words.pop_back();
    return words;
}

// Unique: method and address are. Addresses outside the API's root say so.
std::string operation_id(const Endpoint& endpoint, std::string_view method) {
    std::string id(method);
    if (!endpoint.pattern.starts_with(api_root)) id += "_root";
    for (const std::string& word : words_of(endpoint.pattern)) (id += '_') += word;
    return id;
}

std::string operation(const Endpoint& endpoint, std::string_view method, json::Schemas& schemas) {
    const RouteDoc doc = endpoint.describe(schemas);
    const bool in_api = endpoint.pattern.starts_with(api_root);
    std::string out = R"({"operationId":)";
    json::write_string(out, operation_id(endpoint, method));
    out += R"(,"tags":[)";
    json::write_string(out, in_api ? words_of(endpoint.pattern).front() : "server");
    out += R"(],"summary":)";
    json::write_string(out, endpoint.options.summary);
    if (doc.who != Who::anyone) out += R"(,"security":[{"bearer":[]},{"cookie":[]}])";
    out += R"(,"parameters":[)" + parameters(endpoint, doc) + "]";
    if (!doc.body_schema.empty()) {
        out += R"(,"requestBody":{"required":true,)" +
               content("application/json", doc.body_schema) + "}";
    } else if (doc.takes_upload) {
        constexpr std::string_view form =
            R"({"type":"object","properties":{"file":{"type":"string","format":"binary"}},"required":["file"]})";
        out += R"(,"requestBody":{"required":true,)" + content("multipart/form-data", form) + "}";
    }
    out += R"(,"responses":{")" + std::to_string(doc.answer_status) + R"(":{"description":)";
    json::write_string(out, reason_of(doc.answer_status));
    if (!doc.answer_schema.empty()) out += "," + content("application/json", doc.answer_schema);
    for (const char* status : {"4XX", "5XX"})
        out.append(R"(},")").append(status).append(R"(":{"$ref":"#/components/responses/Problem")");
    return out + "}}}";
}

}  // namespace

std::string Router::openapi(std::string_view version) const {
    json::Schemas schemas;
    std::map<std::string, std::map<std::string, std::string>> paths;
    for (const auto& endpoint : endpoints_) {
        std::string method{boost::beast::http::to_string(endpoint->method)};
        for (char& c : method) c = char(c | 0x20);
        paths[endpoint->pattern][method] = operation(*endpoint, method, schemas);
    }
    schemas.components["Problem"] = problem_schema;
    const auto object = [](const std::map<std::string, std::string>& members) {
        std::string out = "{";
        for (const auto& [name, text] : members) {
            if (out.size() > 1) out += ',';
            json::write_string(out, name);
            (out += ':') += text;
        }
        return out + "}";
    };
    std::map<std::string, std::string> rendered;
    for (const auto& [pattern, operations] : paths) rendered[pattern] = object(operations);
    std::string out = R"({"openapi":"3.1.0","info":{"title":"Zoetrope","version":)";
    json::write_string(out, version);
    out += R"(,"license":{"name":"Apache License 2.0","identifier":"Apache-2.0"}},)"
           R"("servers":[{"url":"/","description":"This server"}],"security":[],"paths":)" +
           object(rendered) + R"(,"components":{"schemas":)" + object(schemas.components) +
           R"(,"responses":{"Problem":{"description":"What went wrong, as RFC 9457 says it",)" +
           content("application/problem+json", R"({"$ref":"#/components/schemas/Problem"})") +
           R"(}},"securitySchemes":{"bearer":{"type":"http","scheme":"bearer",)"
           R"("description":"An access token of /auth/login, or an API key"},)"
           R"("cookie":{"type":"apiKey","in":"cookie","name":"zt_access",)"
           R"("description":"What signing in at the studio leaves in the browser"}}}})";
    return out;
}

}  // namespace zoetrope::http
