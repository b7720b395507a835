// The API's calls that change todos. Many at once go as one request; a server that has bulk requests
// switched off, or a todo that is gone already, leaves one request each.

import { accepted, answered, api, randomKey } from "../../api/client";
import { asApiError } from "../../api/problem";
import type { NewTodo, Todo, TodoChanges } from "../../api/types";

const BULK_MAX = 1000;

export async function addTodo(body: NewTodo): Promise<Todo> {
  const header = { "Idempotency-Key": randomKey() };
  const post = () => answered(api.POST("/api/v1/todo", { body, params: { header } }));
  try {
    return (await post()).data;
  } catch (error) {
    if (!asApiError(error).transient) throw error;
    return (await post()).data;
  }
}

export async function readTodo(id: number): Promise<Todo> {
  return (await answered(api.GET("/api/v1/todo/{id}", { params: { path: { id } } }))).data;
}

// Refused (412) when the todo has another version by now.
export async function changeTodo({ id, version }: Todo, body: TodoChanges): Promise<Todo> {
  const headers = { "If-Match": `"${version}"` };
  const params = { path: { id } };
  return (await answered(api.PATCH("/api/v1/todo/{id}", { params, headers, body }))).data;
}

export function changeTodos(ids: number[], changes: TodoChanges): Promise<void> {
  return inBulk(
    ids,
    (some) => accepted(api.PATCH("/api/v1/todo/bulk", { body: { ids: some, changes } })),
    (id) => accepted(api.PATCH("/api/v1/todo/{id}", { params: { path: { id } }, body: changes })),
  );
}

export function deleteTodos(ids: number[]): Promise<void> {
  return inBulk(
    ids,
    (some) => accepted(api.DELETE("/api/v1/todo/bulk", { body: { ids: some } })),
    (id) => accepted(api.DELETE("/api/v1/todo/{id}", { params: { path: { id } } })),
  );
}

// As they were but for their ids. The newest comes last, so that it heads the list again.
export function restoreTodos(todos: Todo[]): Promise<void> {
  const bodies = todos
    .toSorted((one, other) => one.id - other.id)
    .map(({ title, description, priority, due_date, completed }) => {
      return { title, description, priority, due_date, completed };
    });
  return inBulk(
    bodies,
    (some) => accepted(api.POST("/api/v1/todo/bulk", { body: some })),
    (body) => accepted(api.POST("/api/v1/todo", { body })),
  );
}

async function inBulk<T>(
  items: T[],
  sendMany: (items: T[]) => Promise<unknown>,
  sendOne: (item: T) => Promise<unknown>,
): Promise<void> {
  for (let begin = 0; begin < items.length; begin += BULK_MAX) {
    const some = items.slice(begin, begin + BULK_MAX);
    if (some.length > 1 && (await isFound(sendMany(some)))) continue;
    for (const item of some) await isFound(sendOne(item));
  }
}

async function isFound(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (asApiError(error).status !== 404) throw error;
    return false;
  }
}
