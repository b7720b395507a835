// Strong ids: an AssetId cannot be passed where a GenerationId is wanted. Rows that old clients
// name by number use RowId; everything else is a UUIDv7 (RFC 9562 section 5.7), whose text sorts by
// time of creation.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace zoetrope {

// The 36 characters of a UUID's canonical lower-case text; trivially copyable.
struct Uuid {
    std::array<char, 36> text{};

    static Uuid make_v7();  // time in milliseconds, then 74 random bits; monotonic within a thread
    static std::optional<Uuid> parse(std::string_view text);  // canonical form only, case folded

    std::string_view view() const { return {text.data(), text.size()}; }
    auto operator<=>(const Uuid&) const = default;
};

template <class Tag>
struct Id {
    Uuid uuid;

    static Id make() { return {Uuid::make_v7()}; }
    static std::optional<Id> parse(std::string_view text) {
        if (const auto uuid = Uuid::parse(text)) return Id{*uuid};
        return std::nullopt;
    }
    std::string_view view() const { return uuid.view(); }
    std::string str() const { return std::string(view()); }
    auto operator<=>(const Id&) const = default;
};

template <class Tag>
struct RowId {
    std::int64_t value = 0;  // 1 .. 2^53-1, so that JavaScript reads it exactly
    auto operator<=>(const RowId&) const = default;
};

using UserId = RowId<struct UserTag>;
using TaskId = RowId<struct TaskTag>;
using EventId = RowId<struct EventTag>;
using NodeId = RowId<struct NodeTag>;
using TodoId = RowId<struct TodoTag>;
using PipelineId = RowId<struct PipelineTag>;
using StepId = RowId<struct StepTag>;
using AssetId = Id<struct AssetTag>;
using GenerationId = Id<struct GenerationTag>;
using FileId = Id<struct FileTag>;  // of a pipeline
using SessionId = Id<struct SessionTag>;
using DeviceId = Id<struct DeviceTag>;
using LinkId = Id<struct LinkTag>;
using ApiKeyId = Id<struct ApiKeyTag>;

inline constexpr UserId local_user{1};  // owns everything until an account claims it

}  // namespace zoetrope
