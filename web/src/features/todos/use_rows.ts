import { type RefObject, useState } from "react";
import type { Todo } from "../../api/types";

// One row of the list can be reached by Tab; from there the focus moves row by row.
export function useRows(list: RefObject<HTMLElement | null>, todos: Todo[]) {
  const [last, setLast] = useState<number | null>(null);
  const reachable = todos.some(({ id }) => id === last) ? last : (todos[0]?.id ?? null);

  const focus = (id: number | null | undefined): void =>
    list.current?.querySelector<HTMLElement>(`[data-todo="${id}"]`)?.focus();

  const current = (): Todo | undefined => {
    const row = document.activeElement?.closest("[data-todo]");
    return todos.find(({ id }) => String(id) === row?.getAttribute("data-todo"));
  };

  return {
    reachable,
    setLast,
    current,
    resume: () => focus(reachable),
    // Answers whether there was a row to move to.
    move: (step: 1 | -1): boolean => {
      const here = current();
      const to = here
        ? todos[todos.indexOf(here) + step]
        : todos.find(({ id }) => id === reachable);
      focus(to?.id);
      return to !== undefined;
    },
    // Before rows go: the focus would be lost with them.
    leave: (going: Todo[]): void => {
      const first = todos.findIndex((todo) => going.includes(todo));
      const stays = (todo: Todo): boolean => !going.includes(todo);
      focus((todos.slice(first).find(stays) ?? todos.slice(0, first).findLast(stays))?.id);
    },
  };
}
