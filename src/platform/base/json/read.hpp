// JSON text to described structs. Every mistake is reported at once, each with the path of its
// field (`steps[2].prompt`). Unknown keys are refused by name; a missing key is an error unless the
// member is optional or the struct keeps defaults. Paths are a linked list on the stack, rendered
// only when something is wrong.
#pragma once

#include <boost/json/value.hpp>
#include <limits>
#include <string>
#include <string_view>

#include "platform/base/json/traits.hpp"
#include "platform/base/json/write.hpp"
#include "platform/base/result.hpp"
#include "platform/base/time.hpp"

namespace zoetrope::json {

struct Path {
    const Path* parent = nullptr;
    std::string_view key{};
    std::size_t index = std::string_view::npos;
};

class Problems {
  public:
    void add(const Path& at, std::string message);
    bool empty() const { return found_.empty(); }
    Error take() &&;

  private:
    static constexpr std::size_t fields_max =
        100;  // enough to fix a form; a hostile list of a million is cut
    std::vector<FieldError> found_;
};

// Limits of what is read, each far above our largest shape (a bulk of 1,000 todos): an element
// takes hundreds of times the memory of the `0,` that asks for it.
inline constexpr std::size_t list_items_max = 10'000;
inline constexpr std::size_t values_max = 200'000;  // in a whole text
// Of one object. Its table is found by a hash that whoever sends it can make collide: each field is
// then compared with all before it.
inline constexpr std::size_t members_max = 256;

namespace detail {

std::optional<std::int64_t> as_int64(const boost::json::value& from);
bool is_whole(const boost::json::value& from);  // however large
void read_string(
    const boost::json::value& from, std::string& to, const Path& at, Problems& problems
);
void read_text(std::string_view from, std::string& to, const Path& at, Problems& problems);
std::string kind_name(const boost::json::value& value);

template <class T>
void read_number(const boost::json::value& from, T& to, const Path& at, Problems& problems) {
    if constexpr (std::is_floating_point_v<T>) {
        if (!from.is_number()) return problems.add(at, "must be a number, not " + kind_name(from));
        to = from.to_number<T>();
    } else {
        const auto number = as_int64(from);
        if (!number && !is_whole(from))
            return problems.add(at, "must be a whole number, not " + kind_name(from));
        if (!number || !std::in_range<T>(*number)) return problems.add(at, "is out of range");
        to = static_cast<T>(*number);
    }
}

template <class T>
void read_enum(std::string_view word, T& to, const Path& at, Problems& problems) {
    if (enum_from_text(word, to)) return;
    std::string accepted;
    boost::mp11::mp_for_each<describe::describe_enumerators<T>>([&](auto enumerator) {
        if (!accepted.empty()) accepted += ", ";
        accepted += enumerator.name;
    });
    problems.add(at, "must be one of: " + accepted);
}

}  // namespace detail

void write_tree(std::string& out, const boost::json::value& tree);

template <class T>
void read_value(const boost::json::value& from, T& to, const Path& at, Problems& problems);

template <Described T>
void read_object(const boost::json::value& from, T& to, const Path& at, Problems& problems) {
    const auto* object = from.if_object();
    if (!object) return problems.add(at, "must be an object, not " + detail::kind_name(from));
    std::size_t known = 0;
    boost::mp11::mp_for_each<Members<T>>([&](auto member) {
        auto& field = to.*member.pointer;
        const Path path{.parent = &at, .key = member.name};
        if (const auto* value = object->if_contains(member.name)) {
            ++known;
            read_value(*value, field, path, problems);
        } else if constexpr (!Optional<std::remove_reference_t<decltype(field)>> &&
                             !is_a<std::remove_reference_t<decltype(field)>, Change> &&
                             !KeepsDefaults<T>) {
            problems.add(path, "is required");
        }
    });
    if (known == object->size()) return;
    for (const auto& item : *object) {
        bool is_member = false;
        boost::mp11::mp_for_each<Members<T>>([&](auto member) {
            is_member |= item.key() == member.name;
        });
        if (!is_member)
            problems.add(Path{.parent = &at, .key = item.key()}, "is not a known field");
    }
}

template <class T>
void read_value(const boost::json::value& from, T& to, const Path& at, Problems& problems) {
    if constexpr (std::is_same_v<T, bool>) {
        if (!from.is_bool()) {
            return problems.add(at, "must be true or false, not " + detail::kind_name(from));
        }
        to = from.get_bool();
    } else if constexpr (std::is_arithmetic_v<T>) {
        detail::read_number(from, to, at, problems);
    } else if constexpr (std::is_same_v<T, std::string>) {
        detail::read_string(from, to, at, problems);
    } else if constexpr (std::is_same_v<T, Raw>) {
        to.text.clear();
        write_tree(to.text, from);
    } else if constexpr (NumberId<T>) {
        detail::read_number(from, to.value, at, problems);
    } else if constexpr (TextId<T>) {
        const auto* text = from.if_string();
        const auto id = text ? T::parse(*text) : std::nullopt;
        if (!id) return problems.add(at, "must be an id (a UUID)");
        to = *id;
    } else if constexpr (std::is_same_v<T, Instant>) {
        const auto* text = from.if_string();
        const auto when = text ? parse_instant(*text) : std::nullopt;
        if (!when) return problems.add(at, "must be an RFC 3339 time such as 2026-01-31T09:00:00Z");
        to = *when;
    } else if constexpr (DescribedEnum<T>) {
        const auto* text = from.if_string();
        detail::read_enum(text ? std::string_view(*text) : std::string_view{}, to, at, problems);
    } else if constexpr (is_a<T, Change>) {
        read_value(from, to.value.emplace(), at, problems);
    } else if constexpr (Optional<T>) {
        if (from.is_null()) {
            to.reset();
        } else {
            read_value(from, to.emplace(), at, problems);
        }
    } else if constexpr (List<T>) {
        const auto* list = from.if_array();
        if (!list) return problems.add(at, "must be a list, not " + detail::kind_name(from));
        if (list->size() > list_items_max)
            return problems.add(
                at, "must have at most " + std::to_string(list_items_max) + " items"
            );
        to.clear();
        to.reserve(list->size());
        for (std::size_t i = 0; i < list->size(); ++i) {
            read_value((*list)[i], to.emplace_back(), Path{.parent = &at, .index = i}, problems);
        }
    } else if constexpr (Dictionary<T>) {
        const auto* object = from.if_object();
        if (!object) return problems.add(at, "must be an object, not " + detail::kind_name(from));
        for (const auto& item : *object) {
            const Path path{.parent = &at, .key = item.key()};
            std::string key;
            detail::read_text(item.key(), key, path, problems);
            read_value(item.value(), to[std::move(key)], path, problems);
        }
    } else {
        read_object(from, to, at, problems);
    }
}

// The tree itself, for what has no shape of ours. Errors: malformed, too_large.
Result<boost::json::value> read_tree(std::string_view text);
// Calls `use` with the parsed tree, which lives in memory that is dropped afterwards.
Result<void> with_tree(
    std::string_view text, void (*use)(const boost::json::value&, void*), void* context
);

// Errors: malformed (not JSON, deeper than 32 levels), too_large (past values_max), invalid (with a
// FieldError for each mistake).
template <class T>
Result<T> read(std::string_view text) {
    struct Job {
        T value{};
        Problems problems;
    } job;
    CHECK(with_tree(
        text,
        [](const boost::json::value& tree, void* context) {
            auto& job = *static_cast<Job*>(context);
            read_value(tree, job.value, Path{}, job.problems);
        },
        &job
    ));
    if (!job.problems.empty()) return std::unexpected(std::move(job.problems).take());
    return std::move(job.value);
}

}  // namespace zoetrope::json
