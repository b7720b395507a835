import { ListTodo, SearchX } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "../../ui/button";
import { Empty } from "../../ui/empty";
import { ProblemNotice } from "../../ui/problem_notice";
import { ShowMore } from "../../ui/show_more";
import { SkeletonRows } from "../../ui/skeleton_rows";
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
        <div className="rounded-card border border-line bg-surface">
          <SkeletonRows rows={6} />
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
      <ShowMore list={todos} />
    </>
  );
}
