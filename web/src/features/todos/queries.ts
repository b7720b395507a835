import {
  type InfiniteData,
  keepPreviousData,
  type QueryClient,
  useInfiniteQuery,
} from "@tanstack/react-query";
import { answered, api } from "../../api/client";
import type { Todo } from "../../api/types";
import type { Filters } from "./filters";

interface Page {
  todos: Todo[];
  next_cursor: string | null;
}

export const todosKey = ["todos"] as const; // of the lists, and of what changes them
const PAGE_SIZE = 50;

export function useTodos(filters: Filters) {
  return useInfiniteQuery({
    queryKey: [...todosKey, filters],
    queryFn: async ({ pageParam, signal }): Promise<Page> => {
      const query = { limit: PAGE_SIZE, ...filters, ...(pageParam && { cursor: pageParam }) };
      const { data, next_cursor } = await answered(
        api.GET("/api/v1/todo", { params: { query }, signal }),
      );
      return { todos: data, next_cursor };
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    select: (data) => data.pages.flatMap(({ todos }) => todos),
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: true, // no event tells what others do to todos
  });
}

// Writes into every list what a change will have done; null takes a todo out.
export async function rewriteTodos(
  client: QueryClient,
  change: (todo: Todo) => Todo | null,
): Promise<void> {
  await client.cancelQueries({ queryKey: todosKey });
  client.setQueriesData<InfiniteData<Page>>(
    { queryKey: todosKey },
    (lists) =>
      lists && {
        ...lists,
        pages: lists.pages.map((page) => ({
          ...page,
          todos: page.todos.map(change).filter((todo) => todo !== null),
        })),
      },
  );
}

// After the last of several changes, or an answer would bring back what the next one has taken away.
export function refreshTodos(client: QueryClient): void {
  if (client.isMutating({ mutationKey: todosKey }) > 1) return;
  void client.invalidateQueries({ queryKey: todosKey });
}
