#include "platform/base/json/read.hpp"

#include <algorithm>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parser.hpp>

namespace zoetrope::json {

namespace {

constexpr std::size_t depth_max =
    32;  // deeper than any of our shapes; a bound on the stack a hostile body can use

// Members of all objects, in valid JSON text: each has one colon outside of strings.
std::size_t members_in(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == ':') ++count;
        if (text[at] != '"') continue;
        for (++at; at < text.size() && text[at] != '"'; ++at)
            if (text[at] == '\\') ++at;
    }
    return count;
}

std::size_t colons_in(std::string_view text) {  // the compiler makes vectors of it
    return std::size_t(std::ranges::count(text, ':'));
}

// Members of all objects; with `in_strings`, also the colons that stand in keys and values.
std::size_t members_in(const boost::json::value& tree, bool in_strings) {
    std::size_t count = 0;
    if (const auto* object = tree.if_object()) {
        count = object->size();
        for (const auto& item : *object) {
            if (in_strings) count += colons_in(item.key());
            count += members_in(item.value(), in_strings);
        }
    } else if (const auto* list = tree.if_array()) {
        for (const auto& item : *list) count += members_in(item, in_strings);
    } else if (const auto* text = tree.if_string(); text && in_strings) {
        count = colons_in(*text);
    }
    return count;
}

// The tree keeps the last of two members of one name; which was meant, nobody knows. Without
// escapes the text has just the colons that the tree has; otherwise its strings must be skipped.
bool names_a_field_twice(std::string_view text, const boost::json::value& tree) {
    if (text.find('\\') == std::string_view::npos) return colons_in(text) != members_in(tree, true);
    return members_in(text) != members_in(tree, false);
}

std::string render(const Path& at) {
    std::string text = at.parent ? render(*at.parent) : std::string{};
    if (at.index != std::string_view::npos) {
        text += '[' + std::to_string(at.index) + ']';
    } else if (!at.key.empty()) {
        if (!text.empty()) text += '.';
        text += at.key;
    }
    return text;
}

}  // namespace

void Problems::add(const Path& at, std::string message) {
    if (found_.size() < fields_max) found_.push_back({render(at), std::move(message)});
}

Error Problems::take() && {
    return {
        .code = Code::invalid,
        .message = "Some fields are not acceptable.",
        .fields = std::move(found_)
    };
}

namespace detail {

std::optional<std::int64_t> as_int64(const boost::json::value& from) {
    if (const auto* number = from.if_int64()) return *number;
    if (const auto* number = from.if_double()) {  // 3.0 is a whole number to JSON
        if (*number == std::floor(*number) && std::abs(*number) < 0x1p53)
            return std::int64_t(*number);
    }
    return std::nullopt;
}

std::string kind_name(const boost::json::value& value) {
    switch (value.kind()) {
        case boost::json::kind::null:
            return "null";
        case boost::json::kind::bool_:
            return "true or false";
        case boost::json::kind::string:
            return "text";
        case boost::json::kind::array:
            return "a list";
        case boost::json::kind::object:
            return "an object";
        case boost::json::kind::double_:
            return "a fraction";
        default:
            return "a number";
    }
}

void read_string(
    const boost::json::value& from, std::string& to, const Path& at, Problems& problems
) {
    const auto* text = from.if_string();
    if (!text) return problems.add(at, "must be text, not " + kind_name(from));
    // PostgreSQL cannot hold U+0000 in text, so neither database is given it.
    if (text->find('\0') != std::string_view::npos) {
        return problems.add(at, "must not contain the character U+0000");
    }
    to.assign(text->data(), text->size());
}

}  // namespace detail

void write_tree(std::string& out, const boost::json::value& tree) {
    switch (tree.kind()) {
        case boost::json::kind::null:
            out += "null";
            return;
        case boost::json::kind::bool_:
            return write(out, tree.get_bool());
        case boost::json::kind::int64:
            return write(out, tree.get_int64());
        case boost::json::kind::uint64:
            return write(out, tree.get_uint64());
        case boost::json::kind::double_:
            return write(out, tree.get_double());
        case boost::json::kind::string:
            return write_string(out, tree.get_string());
        case boost::json::kind::array: {
            char separator = '[';
            for (const auto& item : tree.get_array()) {
                out += separator;
                write_tree(out, item);
                separator = ',';
            }
            out += separator == '[' ? "[]" : "]";
            return;
        }
        case boost::json::kind::object: {
            char separator = '{';
            for (const auto& item : tree.get_object()) {
                out += separator;
                write_string(out, item.key());
                out += ':';
                write_tree(out, item.value());
                separator = ',';
            }
            out += separator == '{' ? "{}" : "}";
            return;
        }
    }
}

Result<void> with_tree(
    std::string_view text, void (*use)(const boost::json::value&, void*), void* context
) {
    alignas(std::max_align_t) unsigned char scratch[4096];
    alignas(std::max_align_t) unsigned char parser_scratch[1024];
    boost::json::monotonic_resource memory(scratch, sizeof scratch);
    boost::json::parse_options options;
    options.max_depth = depth_max;
    boost::json::parser parser({}, options, parser_scratch);
    parser.reset(&memory);
    boost::json::error_code error;
    const std::size_t used = parser.write_some(text.data(), text.size(), error);
    if (!error && text.find_first_not_of(" \t\r\n", used) != std::string_view::npos) {
        error = boost::json::error::extra_data;
    }
    if (error) {
        return failure(
            Code::malformed,
            "The body is not valid JSON: " + error.message() + " near byte " +
                std::to_string(used) + "."
        );
    }
    const boost::json::value tree = parser.release();
    if (names_a_field_twice(text, tree))
        return failure(Code::malformed, "The body names the same field twice.");
    use(tree, context);
    return {};
}

}  // namespace zoetrope::json
