import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type ApiError, asApiError } from "../../api/problem";
import type { Todo } from "../../api/types";
import { changeTodo, readTodo } from "./calls";
import { changesOf, differenceWords, type Draft, draftOf, rebased } from "./draft";
import { refreshTodos, rewriteTodos, todosKey } from "./queries";

export interface Edit {
  base: Todo; // as it was when the person began to type
  draft: Draft;
  saving: boolean; // the row shows the draft as if it were saved already
  error: ApiError | null;
  elsewhere: string | null; // what somebody else changed meanwhile, in words
}

//   begin -> typing -> save -> saved (gone)
//              ^         |
//              +- error -+   with the draft as it was typed
export function useEdits() {
  const client = useQueryClient();
  const [edits, setEdits] = useState<ReadonlyMap<number, Edit>>(new Map());

  const put = (id: number, edit: Edit | null): void =>
    setEdits((old) => {
      const next = new Map(old);
      if (edit) next.set(id, edit);
      else next.delete(id);
      return next;
    });

  const { mutate } = useMutation({
    mutationKey: todosKey,
    mutationFn: ({ base, draft }: Edit) => changeTodo(base, changesOf(draft, base)),
    onMutate: ({ base, draft }) =>
      rewriteTodos(client, (todo) =>
        todo.id === base.id ? { ...todo, ...changesOf(draft, base) } : todo,
      ),
    onSuccess: async (saved) => {
      await rewriteTodos(client, (todo) => (todo.id === saved.id ? saved : todo));
      put(saved.id, null);
    },
    onError: async (cause, edit) => {
      const { id } = edit.base;
      let [base, draft, elsewhere] = [edit.base, edit.draft, edit.elsewhere];
      let error: ApiError | null = asApiError(cause);
      if (error.status === 412) {
        try {
          base = await readTodo(id);
          draft = rebased(edit.draft, edit.base, base);
          elsewhere = differenceWords(edit.base, base);
          error = null;
        } catch (failure) {
          error = asApiError(failure);
        }
      }
      await rewriteTodos(client, (todo) => (todo.id === id ? base : todo));
      put(id, { base, draft, saving: false, error, elsewhere });
    },
    onSettled: () => refreshTodos(client),
  });

  return {
    edits,
    begin: (todo: Todo) => {
      if (edits.has(todo.id)) return; // its version is not known until it is saved
      const fresh = { saving: false, error: null, elsewhere: null };
      put(todo.id, { base: todo, draft: draftOf(todo), ...fresh });
    },
    type: (edit: Edit, change: Partial<Draft>) =>
      put(edit.base.id, { ...edit, draft: { ...edit.draft, ...change } }),
    cancel: (edit: Edit) => put(edit.base.id, null),
    save: (edit: Edit) => {
      if (Object.keys(changesOf(edit.draft, edit.base)).length === 0) put(edit.base.id, null);
      else {
        const sent = { ...edit, saving: true, error: null };
        put(edit.base.id, sent);
        mutate(sent);
      }
    },
  };
}
