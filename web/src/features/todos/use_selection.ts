import { useState } from "react";
import type { Todo } from "../../api/types";

export interface Selection {
  selected: Todo[];
  has: (todo: Todo) => boolean;
  toggle: (todo: Todo) => void;
  all: () => void;
  clear: () => void;
}

// Of what is shown; what is deleted or filtered out counts no more.
export function useSelection(shown: Todo[]): Selection {
  const [ids, setIds] = useState<ReadonlySet<number>>(new Set());
  return {
    selected: shown.filter(({ id }) => ids.has(id)),
    has: ({ id }) => ids.has(id),
    toggle: ({ id }) =>
      setIds((old) => {
        const next = new Set(old);
        if (!next.delete(id)) next.add(id);
        return next;
      }),
    all: () => setIds(new Set(shown.map(({ id }) => id))),
    clear: () => setIds(new Set()),
  };
}
