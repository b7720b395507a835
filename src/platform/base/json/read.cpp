#include "platform/base/json/read.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>

namespace zoetrope::json {

namespace {

constexpr std::size_t depth_max =
    32;  // deeper than any of our shapes; a bound on the stack a hostile body can use

// Builds the tree as boost::json::parser does, but reads fractions exactly (its own reading may be
// off by the last bit) and counts members: of two of one name the tree keeps only the last.
class Builder {
  public:
    static constexpr std::size_t max_object_size = boost::json::object::max_size();
    static constexpr std::size_t max_array_size = boost::json::array::max_size();
    static constexpr std::size_t max_key_size = boost::json::string::max_size();
    static constexpr std::size_t max_string_size = boost::json::string::max_size();
    using error_code = boost::json::error_code;
    using text = boost::json::string_view;

    Builder(boost::json::storage_ptr memory, unsigned char* scratch, std::size_t bytes)
        : stack_({}, scratch, bytes) {
        stack_.reset(std::move(memory));
    }
    boost::json::value release() { return stack_.release(); }
    std::size_t members() const { return members_; }

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code& error) { return is_counted(error); }
    bool on_object_end(std::size_t count, error_code& error) {
        if (count > members_max) {  // before the tree is made of it
            is_wide_ = true;
            error = boost::json::error::object_too_large;
            return false;
        }
        members_ += count;
        stack_.push_object(count);
        return true;
    }
    bool on_array_begin(error_code& error) { return is_counted(error); }
    bool on_array_end(std::size_t count, error_code&) {
        stack_.push_array(count);
        return true;
    }
    bool on_key_part(text part, std::size_t, error_code&) { return chars(part); }
    bool on_key(text part, std::size_t, error_code&) {
        stack_.push_key(part);
        return true;
    }
    bool on_string_part(text part, std::size_t, error_code&) { return chars(part); }
    bool on_string(text part, std::size_t, error_code& error) {
        stack_.push_string(part);
        return is_counted(error);
    }
    bool on_number_part(text, error_code&) { return true; }  // never: the text comes whole
    bool on_int64(std::int64_t number, text, error_code& error) {
        stack_.push_int64(number);
        return is_counted(error);
    }
    bool on_uint64(std::uint64_t number, text, error_code& error) {
        stack_.push_uint64(number);
        return is_counted(error);
    }
    bool on_double(double about, text digits, error_code& error) {
        double number = about;
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (read.ec == std::errc::result_out_of_range) number = about;  // zero, or infinity
        if (!std::isfinite(number)) {
            error = boost::json::error::exponent_overflow;
            return false;
        }
        stack_.push_double(number);
        return is_counted(error);
    }
    bool on_bool(bool is, error_code& error) {
        stack_.push_bool(is);
        return is_counted(error);
    }
    bool on_null(error_code& error) {
        stack_.push_null();
        return is_counted(error);
    }
    bool on_comment_part(text, error_code&) { return true; }
    bool on_comment(text, error_code&) { return true; }

    bool is_full() const { return values_ > values_max; }
    bool is_wide() const { return is_wide_; }

  private:
    bool is_counted(error_code& error) {
        ++values_;
        if (is_full()) error = boost::json::error::array_too_large;
        return !is_full();
    }
    bool chars(text part) {
        stack_.push_chars(part);
        return true;
    }

    boost::json::value_stack stack_;
    std::size_t members_ = 0;
    std::size_t values_ = 0;
    bool is_wide_ = false;
};

std::size_t members_in(const boost::json::value& tree) {
    std::size_t count = 0;
    if (const auto* object = tree.if_object()) {
        count = object->size();
        for (const auto& item : *object) count += members_in(item.value());
    } else if (const auto* list = tree.if_array()) {
        for (const auto& item : *list) count += members_in(item);
    }
    return count;
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

bool is_whole(const boost::json::value& from) {
    const auto* number = from.if_double();
    return from.is_int64() || from.is_uint64() || (number && *number == std::floor(*number));
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
    read_text(*text, to, at, problems);
}

void read_text(std::string_view from, std::string& to, const Path& at, Problems& problems) {
    // PostgreSQL cannot hold U+0000 in text, so neither database is given it.
    if (from.contains('\0')) return problems.add(at, "must not contain the character U+0000");
    to = std::string(from);  // quicker than replacing what is in it
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
    // Not set to zero, as the release build does with what nobody sets: 5 KB for each request.
    alignas(std::max_align_t) [[clang::uninitialized]] unsigned char scratch[4096];
    alignas(std::max_align_t) [[clang::uninitialized]] unsigned char parser_scratch[1024];
    boost::json::monotonic_resource memory(scratch, sizeof scratch);
    boost::json::parse_options options;
    options.max_depth = depth_max;
    boost::json::basic_parser<Builder> parser(
        options, &memory, parser_scratch, sizeof parser_scratch
    );
    boost::json::error_code error;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
    if (!error && text.find_first_not_of(" \t\r\n", used) != std::string_view::npos) {
        error = boost::json::error::extra_data;
    }
    if (parser.handler().is_full()) {
        return failure(
            Code::too_large,
            "The body has more than " + std::to_string(values_max) + " JSON values."
        );
    }
    if (parser.handler().is_wide()) {
        return failure(
            Code::too_large,
            "The body has an object of more than " + std::to_string(members_max) + " fields."
        );
    }
    if (error) {
        return failure(
            Code::malformed,
            "The body is not valid JSON: " + error.message() + " near byte " +
                std::to_string(used) + "."
        );
    }
    const boost::json::value tree = parser.handler().release();
    if (parser.handler().members() != members_in(tree))
        return failure(Code::malformed, "The body names the same field twice.");
    use(tree, context);
    return {};
}

Result<boost::json::value> read_tree(std::string_view text) {
    boost::json::value copy;
    CHECK(with_tree(
        text,
        [](const boost::json::value& tree, void* to) {
            *static_cast<boost::json::value*>(to) = tree;
        },
        &copy
    ));
    return copy;
}

}  // namespace zoetrope::json
