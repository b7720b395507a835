// What the list shows, held in the address under the API's own names.

import { useNavigate, useSearchParams } from "react-router";
import type { Todo } from "../../api/types";

export interface Filters {
  completed?: boolean | undefined;
  priority?: number | undefined;
  due_before?: string | undefined;
  q?: string | undefined;
}

const NAMES = ["completed", "priority", "due_before", "q"] as const;
export const NO_FILTERS: Filters = Object.fromEntries(NAMES.map((name) => [name, undefined]));

// What a mistyped address says beyond them is ignored.
function filtersOf(params: URLSearchParams): Filters {
  const { completed = "", priority = "", due_before = "", q } = Object.fromEntries(params);
  return {
    ...(/^(true|false)$/.test(completed) && { completed: completed === "true" }),
    ...(/^[0-9]$/.test(priority) && { priority: Number(priority) }),
    ...(!Number.isNaN(Date.parse(due_before)) && { due_before }),
    ...(q && { q }),
  };
}

export function useFilters(): [Filters, (change: Filters) => void] {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const change = (wanted: Filters): void => {
    // Not from `params`: two changes may come before the page is drawn again.
    const next = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(wanted)) {
      if (value === undefined || value === "") next.delete(name);
      else next.set(name, String(value));
    }
    // At once, or a control that was just pressed would jump back for a moment.
    void navigate({ search: next.toString() }, { replace: true, flushSync: true });
  };
  return [filtersOf(params), change];
}

export function isFiltered(filters: Filters): boolean {
  return NAMES.some((name) => filters[name] !== undefined);
}

// As the server does it, or nearly: only to say whether a new todo will be in sight.
export function fits(todo: Todo, { completed, priority, due_before, q }: Filters): boolean {
  const text = `${todo.title}\n${todo.description}`.toLowerCase();
  const due = todo.due_date ? Date.parse(todo.due_date) : Number.POSITIVE_INFINITY;
  return (
    (completed === undefined || completed === todo.completed) &&
    (priority === undefined || priority === todo.priority) &&
    (due_before === undefined || due < Date.parse(due_before)) &&
    (q === undefined || text.includes(q.toLowerCase()))
  );
}
