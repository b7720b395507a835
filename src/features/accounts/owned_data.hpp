// What a feature keeps of its users: handed out when a user asks for it, gone when the user goes.
// Each feature supplies one; app lists them, and a test reads the schema for tables that none
// answers for.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "platform/archive/zip.hpp"
#include "platform/base/ids.hpp"
#include "platform/base/json/write.hpp"
#include "platform/db/session.hpp"

namespace zoetrope::accounts {

// The zip that a user's data goes into.
class Export {
  public:
    Export(archive::Zip& zip, Instant now) : zip_(zip), now_(now) {}
    archive::Zip& zip() { return zip_; }

    template <class T>
    Async<void> value(std::string name, const T& value) {
        co_await zip_.begin(std::move(name), now_, archive::Zip::Packing::deflated);
        co_await zip_.write(json::to_string(value));
    }
    // A JSON array of all rows. `next_page(last)` reads those behind `last`, which is null for the
    // first page; an empty page ends it.
    template <class NextPage>
    Async<void> list(std::string name, NextPage next_page) {
        co_await zip_.begin(std::move(name), now_, archive::Zip::Packing::deflated);
        std::string piece = "[";
        auto page = co_await next_page(nullptr);
        while (!page.empty()) {
            for (const auto& row : page) {
                if (piece.back() != '[') piece += ",\n";
                json::write(piece, row);
            }
            co_await zip_.write(piece);
            piece = " ";
            page = co_await next_page(&page.back());
        }
        co_await zip_.write(piece + "]\n");
    }

  private:
    archive::Zip& zip_;
    Instant now_;
};

struct OwnedData {
    std::vector<std::string> tables;  // with an `owner_id`, that it answers for
    std::function<Async<void>(UserId, Export&)> write;
    // Everything the user owns, in bounded statements; may be called again at any time.
    std::function<Async<void>(UserId)> erase;
};

inline constexpr std::int64_t exported_at_once = 200;  // rows in memory
inline constexpr std::int64_t erased_at_once = 500;    // rows in a statement: none holds long

// Runs a statement that takes the user ($1) and how many rows it may take away ($2), until it takes
// away fewer.
Async<void> erase_rows(db::Session& db, const db::Sql& sql, UserId owner);

// The same for what takes several statements: `some(Transaction&)` says how many rows it took away.
template <class Some>
Async<void> erase_in_turns(db::Pool& db, Some some) {
    while (co_await db::transact(db, some) >= erased_at_once) {
    }
}

}  // namespace zoetrope::accounts
