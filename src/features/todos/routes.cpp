#include <algorithm>

#include "features/todos/rules.hpp"
#include "features/todos/store.hpp"
#include "platform/base/json/write.hpp"
#include "platform/base/text.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/http/page.hpp"
#include "platform/idempotency/idempotency.hpp"

namespace zoetrope::todos {

namespace {

using http::Caller;
using http::Path;
using TodoPage = http::Page<Todo>;
using Made = http::Tagged<http::Created<Todo>>;

Todo made_of(NewTodo given, TodoId id, Instant now) {
    return {
        .id = id,
        .title = std::move(given.title),
        .description = std::move(given.description.value).value_or(""),
        .priority = given.priority.value.value_or(0),
        .due_date = given.due_date,
        .completed = given.completed.value.value_or(false),
        .created_at = now
    };
}

Made created(Todo todo) {
    std::string location = "/api/v1/todo/" + std::to_string(todo.id.value);
    return {{std::move(todo), std::move(location)}};
}

idempotency::Key key_of(UserId owner, std::string key, const Todo& todo) {
    Todo asked = todo;  // what the client said, without what we add
    asked.created_at = {};
    return {
        .owner = owner,
        .route = "POST /api/v1/todo",
        .key = std::move(key),
        .body_digest = crypto::digest(json::to_string(asked))
    };
}

Async<Result<Todo>> answer_or_insert(
    db::Transaction& transaction, const idempotency::Key& once, const Todo& todo
) {
    CO_TRY(
        const auto answered, co_await idempotency::find_answer(transaction, once, todo.created_at)
    );
    if (answered) co_return json::read<Todo>(*answered);
    co_await insert(transaction, once.owner, todo);
    co_await idempotency::remember(transaction, once, json::to_string(todo), todo.created_at);
    co_return todo;
}

Async<Result<Made>> create(Deps& deps, UserId owner, Todo todo) {
    todo.id = TodoId{co_await deps.db.next_id("todos")};
    co_await insert(deps.db, owner, todo);
    co_return created(std::move(todo));
}

// Once per key: the row and the memory of it in one transaction.
Async<Result<Made>> create_once(Deps& deps, idempotency::Key once, Todo todo) {
    todo.id = TodoId{co_await deps.db.next_id("todos")};
    CO_TRY(todo, co_await db::transact(deps.db, [&](db::Transaction& transaction) {
               return answer_or_insert(transaction, once, todo);
           }));
    co_return created(std::move(todo));
}

Async<Result<Made>> refused(Error error) { co_return std::unexpected(std::move(error)); }

// POST /api/v1/todo, optional Idempotency-Key -> 201 Todo with Location and ETag. No coroutine: the
// frame of one would keep what was sent beside the row, and cost an allocation of the slow kind.
Async<Result<Made>> post(
    Deps& deps, Caller caller, http::Body<NewTodo> body, http::IdempotencyKey key
) {
    json::Problems problems;
    check(body.value, json::Path{}, problems);
    check_not_given(body.value, json::Path{}, problems);
    if (!problems.empty()) return refused(std::move(problems).take());
    Todo todo = made_of(std::move(body.value), TodoId{}, deps.clock.now());
    if (key.value.empty()) return create(deps, caller.user, std::move(todo));
    auto once = key_of(caller.user, std::move(key.value), todo);
    return create_once(deps, std::move(once), std::move(todo));
}

// GET /api/v1/todo/{id} -> 200 Todo with ETag
Async<Result<http::Tagged<Todo>>> get(Deps& deps, Caller caller, Path<TodoId> id) {
    CO_TRY(Todo todo, co_await find(deps.db, caller.user, id.value));
    co_return http::Tagged<Todo>{std::move(todo)};
}

struct Wanted {
    std::optional<bool> completed;
    std::optional<std::int64_t> priority;
    std::optional<Instant> due_before;
    std::optional<std::string> q;
    std::int64_t limit = 50;
    std::optional<std::string> cursor;
    std::int64_t offset = 0;  // of old clients; a cursor does not skip or repeat
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(Wanted, (), (completed, priority, due_before, q, limit, cursor, offset))

std::string cursor_of(const Todo& last) {
    return http::write_cursor({last.created_at, last.id.value});
}

Result<void> check(const Wanted& wanted) {
    if (wanted.offset < 0 || wanted.offset > offset_max) {
        return invalid(
            "offset",
            "must be 0 to " + std::to_string(offset_max) +
                "; for later pages follow the Link header of each answer, which has a cursor"
        );
    }
    if (wanted.q && code_points(*wanted.q) > search_max)
        return invalid("q", "must have at most " + std::to_string(search_max) + " characters");
    return {};
}

// A list that may look through all of the user's todos: one at a time. The studio sends the next
// search while the one before it still runs, so that is waited for.
Async<Result<std::vector<Todo>>> list_long(
    Deps& deps,
    UserId owner,
    const Filter& filter,
    const Place& after,
    std::int64_t limit,
    std::int64_t offset
) {
    const auto permit = co_await deps.searches.take(owner.value, std::chrono::seconds(1));
    if (!permit) {
        Error error{.code = Code::limited, .message = "Another search of yours is still running."};
        error.retry_after_s = 1;
        co_return std::unexpected(std::move(error));
    }
    try {
        co_return co_await list(deps.db, owner, filter, after, limit, offset);
    } catch (const db::TimedOut&) {
        co_return failure(
            Code::timeout,
            "The search took longer than this server allows. Narrow it: search for more letters, "
            "or "
            "for something less common."
        );
    }
}

// GET /api/v1/todo?completed=&priority=&due_before=&q=&limit=&cursor=&offset= -> 200 [Todo], newest
// first. 429 while another search of the user runs, 504 when it takes too long
Async<Result<TodoPage>> list_todos(Deps& deps, Caller caller, http::Query<Wanted> query) {
    const Wanted& wanted = query.value;
    CO_TRY(const std::int64_t limit, http::page_limit(wanted.limit));
    CO_TRY(const auto place, http::read_cursor(wanted.cursor));
    const Place after{place.created_at, TodoId{place.id}};
    CO_CHECK(check(wanted));
    const Filter filter{wanted.completed, wanted.priority, wanted.due_before, wanted.q};
    std::vector<Todo> todos;
    if (is_long(filter)) {
        CO_TRY(
            todos, co_await list_long(deps, caller.user, filter, after, limit + 1, wanted.offset)
        );
    } else {
        todos = co_await list(deps.db, caller.user, filter, after, limit + 1, wanted.offset);
    }
    co_return http::page_of(std::move(todos), limit, cursor_of);
}

// The one row that was to change, or why it did not.
Async<Result<Todo>> only(
    Deps& deps, UserId owner, TodoId id, std::vector<Todo> changed, http::IfMatch match
) {
    if (!changed.empty()) co_return std::move(changed.front());
    CO_TRY(const Todo now, co_await find(deps.db, owner, id));
    co_return failure(
        Code::precondition,
        "The todo is at version " + std::to_string(now.version) + ", not " +
            std::to_string(match.version.value_or(0)) + ". Read it again and change that."
    );
}

Async<Result<Todo>> change(
    Deps& deps, UserId owner, TodoId id, TodoChanges changes, http::IfMatch match
) {
    json::Problems problems;
    check(changes, json::Path{}, problems);
    if (changes.id || changes.created_at || changes.version) {
        CO_TRY(const Todo now, co_await find(deps.db, owner, id));
        check_unchanged(changes, now, problems);
    }
    if (!problems.empty()) co_return std::unexpected(std::move(problems).take());
    auto changed = co_await update(deps.db, owner, {&id, 1}, changes, match.version);
    co_return co_await only(deps, owner, id, std::move(changed), match);
}

// PATCH /api/v1/todo/{id}, optional If-Match -> 200 Todo with ETag. 412 when it is stale
Async<Result<http::Tagged<Todo>>> patch(
    Deps& deps, Caller caller, Path<TodoId> id, http::Body<TodoChanges> body, http::IfMatch match
) {
    CO_TRY(Todo todo, co_await change(deps, caller.user, id.value, std::move(body.value), match));
    co_return http::Tagged<Todo>{std::move(todo)};
}

// PUT /api/v1/todo/{id}, optional If-Match -> 200 Todo with ETag: what is not given is empty
Async<Result<http::Tagged<Todo>>> put(
    Deps& deps, Caller caller, Path<TodoId> id, http::Body<NewTodo> body, http::IfMatch match
) {
    NewTodo& given = body.value;
    TodoChanges whole{
        .title = {std::move(given.title)},
        .description = {std::move(given.description.value).value_or("")},
        .priority = {given.priority.value.value_or(0)},
        .due_date = {given.due_date},
        .completed = {given.completed.value.value_or(false)},
        .id = given.id,
        .created_at = given.created_at,
        .version = given.version
    };
    CO_TRY(Todo todo, co_await change(deps, caller.user, id.value, std::move(whole), match));
    co_return http::Tagged<Todo>{std::move(todo)};
}

// DELETE /api/v1/todo/{id}, optional If-Match -> 204
Async<Result<http::NoContent>> del(
    Deps& deps, Caller caller, Path<TodoId> id, http::IfMatch match
) {
    if (co_await remove(deps.db, caller.user, {&id.value, 1}, match.version) == 0)
        CO_CHECK(co_await only(deps, caller.user, id.value, {}, match));
    co_return http::NoContent{};
}

Result<void> bulk_is_on(const Deps& deps) {
    if (deps.bulk.is_on()) return {};
    return not_found("Bulk requests are switched off on this server.");
}

// POST /api/v1/todo/bulk [NewTodo] -> 201 [Todo], all or nothing. 422 names the row and the field
Async<Result<http::Created<std::vector<Todo>>>> post_bulk(
    Deps& deps, Caller caller, http::Body<std::vector<NewTodo>> body
) {
    CO_CHECK(bulk_is_on(deps));
    std::vector<NewTodo>& given = body.value;
    if (given.empty() || given.size() > bulk_max)
        co_return invalid("body", "must be a list of 1 to " + std::to_string(bulk_max) + " todos");
    json::Problems problems;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const json::Path at{.index = i};
        check(given[i], at, problems);
        check_not_given(given[i], at, problems);
    }
    if (!problems.empty()) co_return std::unexpected(std::move(problems).take());
    const auto ids = co_await deps.db.next_ids("todos", given.size());
    const Instant now = deps.clock.now();
    std::vector<Todo> todos;
    todos.reserve(given.size());
    for (std::size_t i = 0; i < given.size(); ++i)
        todos.push_back(made_of(std::move(given[i]), TodoId{ids[i]}, now));
    co_await insert_all(deps.db, caller.user, todos);
    co_return http::Created<std::vector<Todo>>{std::move(todos)};
}

struct BulkChanges {
    std::vector<TodoId> ids;
    TodoChanges changes;
    static constexpr std::string_view schema_name = "BulkTodoChanges";
};
BOOST_DESCRIBE_STRUCT(BulkChanges, (), (ids, changes))

struct BulkIds {
    std::vector<TodoId> ids;
    static constexpr std::string_view schema_name = "BulkTodoIds";
};
BOOST_DESCRIBE_STRUCT(BulkIds, (), (ids))

Result<void> check_ids(std::vector<TodoId> ids) {
    if (ids.empty() || ids.size() > bulk_max)
        return invalid("ids", "must be a list of 1 to " + std::to_string(bulk_max) + " ids");
    std::ranges::sort(ids);
    if (std::ranges::adjacent_find(ids) != ids.end())
        return invalid("ids", "must not name the same todo twice");
    return {};
}

// A long text in many todos is a small request and much to write.
Result<void> check_texts(std::size_t todos, const TodoChanges& changes) {
    const auto bytes = [](const auto& text) { return text ? (*text).size() : 0; };
    const std::size_t each = bytes(changes.title) + bytes(changes.description);
    if (each * todos <= bulk_bytes_max) return {};
    return invalid(
        "ids",
        "must name at most " + std::to_string(bulk_bytes_max / each) +
            " todos to give them texts of this length"
    );
}

// Errors: limited.
Result<limits::OpenPerUser::Permit> permit_of(Deps& deps, UserId user) {
    if (auto permit = deps.bulk_changes.take(user)) return permit;
    return std::unexpected(Error{
        .code = Code::limited,
        .message = "You have " + std::to_string(deps.bulk_changes.max()) +
                   " bulk changes under way, the maximum. Send the next when one has ended.",
        .retry_after_s = 1
    });
}

std::unexpected<Error> some_missing(std::size_t found, std::size_t asked) {
    return not_found(
        "Only " + std::to_string(found) + " of the " + std::to_string(asked) +
        " todos exist; nothing was changed."
    );
}

Async<Result<std::vector<Todo>>> change_all(
    db::Transaction& transaction, UserId owner, const BulkChanges& wanted
) {
    auto changed = co_await update(transaction, owner, wanted.ids, wanted.changes, std::nullopt);
    if (changed.size() != wanted.ids.size())
        co_return some_missing(changed.size(), wanted.ids.size());
    co_return changed;
}

// PATCH /api/v1/todo/bulk {ids, changes} -> 200 [Todo], all or nothing
Async<Result<std::vector<Todo>>> patch_bulk(
    Deps& deps, Caller caller, http::Body<BulkChanges> body
) {
    CO_CHECK(bulk_is_on(deps));
    auto& [ids, changes] = body.value;
    CO_CHECK(check_ids(ids));
    json::Problems problems;
    const json::Path whole{};
    const json::Path at{.parent = &whole, .key = "changes"};
    check(changes, at, problems);
    if (changes.id || changes.created_at || changes.version)
        problems.add(at, "may not hold what is the server's to give");
    if (!problems.empty()) co_return std::unexpected(std::move(problems).take());
    CO_CHECK(check_texts(ids.size(), changes));
    CO_TRY(const auto permit, permit_of(deps, caller.user));
    co_return co_await db::transact(deps.db, [&](db::Transaction& transaction) {
        return change_all(transaction, caller.user, body.value);
    });
}

Async<Result<http::NoContent>> remove_all(
    db::Transaction& transaction, UserId owner, const std::vector<TodoId>& ids
) {
    const auto removed = std::size_t(co_await remove(transaction, owner, ids, std::nullopt));
    if (removed != ids.size()) co_return some_missing(removed, ids.size());
    co_return http::NoContent{};
}

// DELETE /api/v1/todo/bulk {ids} -> 204, all or nothing
Async<Result<http::NoContent>> delete_bulk(Deps& deps, Caller caller, http::Body<BulkIds> body) {
    CO_CHECK(bulk_is_on(deps));
    CO_CHECK(check_ids(body.value.ids));
    CO_TRY(const auto permit, permit_of(deps, caller.user));
    co_return co_await db::transact(deps.db, [&](db::Transaction& transaction) {
        return remove_all(transaction, caller.user, body.value.ids);
    });
}

}  // namespace

void mount(http::Router& router, Deps& deps) {
    const auto summary = [](std::string_view text) { return http::RouteOptions{.summary = text}; };
    const auto bulk = [](std::string_view text) {
        return http::RouteOptions{.summary = text, .body_bytes_max = bulk_bytes_max};
    };
    router.post<&post>("/api/v1/todo", deps, summary("Add a todo"));
    router.get<&list_todos>(
        "/api/v1/todo", deps, {.summary = "Todos, newest first", .is_list = true}
    );
    router.post<&post_bulk>("/api/v1/todo/bulk", deps, bulk("Add many todos, all or none"));
    router.patch<&patch_bulk>("/api/v1/todo/bulk", deps, bulk("Change many todos alike"));
    router.del<&delete_bulk>("/api/v1/todo/bulk", deps, summary("Delete many todos, all or none"));
    router.get<&get>("/api/v1/todo/{id}", deps, summary("One todo"));
    router.put<&put>("/api/v1/todo/{id}", deps, summary("Replace a todo"));
    router.patch<&patch>("/api/v1/todo/{id}", deps, summary("Change some of a todo"));
    router.del<&del>("/api/v1/todo/{id}", deps, summary("Delete a todo"));
}

}  // namespace zoetrope::todos
