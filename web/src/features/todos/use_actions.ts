import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { asApiError } from "../../api/problem";
import type { Todo } from "../../api/types";
import type { Message } from "../../ui/toast";
import { changeTodos, deleteTodos, restoreTodos } from "./calls";
import { refreshTodos, rewriteTodos, todosKey } from "./queries";

interface Action {
  apply?: (todo: Todo) => Todo | null; // shown before the server has answered
  send: () => Promise<void>;
  done: Message;
  failed: string;
}

// Completing and deleting, one or many, each with a way back that the message offers.
export function useActions() {
  const client = useQueryClient();
  const [message, setMessage] = useState<Message | null>(null);
  const { mutate } = useMutation({
    mutationKey: todosKey,
    mutationFn: ({ send }: Action) => send(),
    onMutate: ({ apply }) => apply && rewriteTodos(client, apply),
    onSuccess: (_data, { done }) => setMessage(done),
    onError: (error, action) =>
      setMessage({
        text: `${action.failed}. ${asApiError(error).message}`,
        action: { label: "Try again", run: () => mutate(action) },
      }),
    onSettled: () => refreshTodos(client),
  });

  const undo = (action: Omit<Action, "done" | "failed">): Message["action"] => ({
    label: "Undo",
    run: () => {
      setMessage(null); // undoing twice would add everything twice
      mutate({ ...action, done: { text: "Undone" }, failed: "That could not be undone" });
    },
  });

  const complete = (todos: Todo[], completed: boolean): void => {
    const changed = todos.filter((todo) => todo.completed !== completed);
    if (changed.length === 0) return;
    const ids = changed.map(({ id }) => id);
    const apply = (value: boolean) => (todo: Todo) =>
      ids.includes(todo.id) ? { ...todo, completed: value } : todo;
    mutate({
      apply: apply(completed),
      send: () => changeTodos(ids, { completed }),
      done: {
        text: `${completed ? "Completed" : "Reopened"} ${countWords(changed)}`,
        action: undo({
          apply: apply(!completed),
          send: () => changeTodos(ids, { completed: !completed }),
        }),
      },
      failed: `${countWords(changed)} could not be ${completed ? "completed" : "reopened"}`,
    });
  };

  const remove = (todos: Todo[]): void => {
    const ids = todos.map(({ id }) => id);
    mutate({
      apply: (todo) => (ids.includes(todo.id) ? null : todo),
      send: () => deleteTodos(ids),
      done: {
        text: `Deleted ${countWords(todos)}`,
        action: undo({ send: () => restoreTodos(todos) }),
      },
      failed: `${countWords(todos)} could not be deleted`,
    });
  };

  return { complete, remove, message, setMessage };
}

function countWords(todos: Todo[]): string {
  const [only] = todos;
  return todos.length === 1 && only ? `“${shortened(only.title)}”` : `${todos.length} todos`;
}

function shortened(title: string): string {
  const letters = [...title];
  return letters.length > 40 ? `${letters.slice(0, 39).join("")}…` : title;
}
