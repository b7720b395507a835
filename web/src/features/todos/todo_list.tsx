import { ListTodo, SearchX } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "../../ui/button";
import { Empty } from "../../ui/empty";
import { ProblemNotice } from "../../ui/problem_notice";
import type { useTodos } from "./queries";

interface Props {
  todos: ReturnType<typeof useTodos>;
  count: number;
  filtered: boolean;
  onClear: () => void;
  onAdd: () => void;
  children: ReactNode; // the rows
}

// Loading, broken, empty or there.
export function TodoList({ todos, count, filtered, onClear, onAdd, children }: Props) {
  return (
    <>
      {todos.error && <ProblemNotice error={todos.error} onRetry={() => void todos.refetch()} />}
      {todos.isPending && (
        <div aria-busy className="divide-y divide-line rounded-card border border-line bg-surface">
          {Array.from({ length: 6 }, (_, index) => (
            <div key={index} className="flex h-13 items-center gap-4 px-4">
              <div className="skeleton size-5 rounded-full" />
              <div className="skeleton h-4 w-3/5 rounded-inner" />
            </div>
          ))}
        </div>
      )}
      {todos.data && count === 0 && !todos.error && (
        <div className="rounded-card border border-dashed border-line-strong">
          {filtered ? (
            <Empty icon={SearchX} title="None of these" text="No todo fits the filters.">
              <Button onClick={onClear}>Show all</Button>
            </Empty>
          ) : (
            <Empty
              icon={ListTodo}
              title="Nothing to do yet"
              text="What you add is listed here, the newest first."
            >
              <Button look="primary" onClick={onAdd}>
                Add the first
              </Button>
            </Empty>
          )}
        </div>
      )}
      {count > 0 && (
        <div aria-busy={todos.isPlaceholderData} className="transition aria-busy:opacity-60">
          {children}
        </div>
      )}
      {todos.hasNextPage && (
        <div className="mt-6 flex justify-center">
          <Button disabled={todos.isFetchingNextPage} onClick={() => void todos.fetchNextPage()}>
            {todos.isFetchingNextPage ? "Loading…" : "Show more"}
          </Button>
        </div>
      )}
    </>
  );
}
