import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { type FormEvent, type RefObject, useState } from "react";
import { asApiError, problemOf } from "../../api/problem";
import type { Todo } from "../../api/types";
import { Button } from "../../ui/button";
import { Field, inputClass } from "../../ui/field";
import { OtherProblem } from "../../ui/other_problem";
import { addTodo } from "./calls";
import { type Draft, NO_DRAFT } from "./draft";
import { FIELDS, PriorityAndDue } from "./draft_fields";
import { endOfDay } from "./due";
import { refreshTodos, todosKey } from "./queries";

interface Props {
  title: RefObject<HTMLInputElement | null>;
  onAdded: (todo: Todo) => void;
}

// The field is empty at once, for the next one; a todo that was refused comes back into it, unless
// the next one is there already.
export function QuickAdd({ title, onAdded }: Props) {
  const client = useQueryClient();
  const [draft, setDraft] = useState(NO_DRAFT);
  const adding = useMutation({
    mutationKey: todosKey,
    mutationFn: (sent: Draft) =>
      addTodo({ title: sent.title, priority: sent.priority, due_date: endOfDay(sent.due) }),
    onMutate: () => setDraft(NO_DRAFT),
    onSuccess: (todo) => onAdded(todo),
    onError: (_error, sent) => setDraft((now) => (now.title === "" ? sent : now)),
    onSettled: () => refreshTodos(client),
  });
  const error = adding.error && asApiError(adding.error);
  const type = (change: Partial<Draft>): void => setDraft((old) => ({ ...old, ...change }));

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    title.current?.focus();
    if (draft.title.trim() !== "") adding.mutate(draft);
  };

  return (
    <form aria-label="Add a todo" onSubmit={submit} className="flex flex-col gap-3">
      <Field label="Title" hideLabel problem={problemOf(error, "title")}>
        {(props) => (
          <div className="flex gap-2">
            <input
              {...props}
              ref={title}
              value={draft.title}
              onChange={({ target }) => type({ title: target.value })}
              onKeyDown={({ key, currentTarget }) => key === "Escape" && currentTarget.blur()}
              placeholder="What is to be done?"
              autoComplete="off"
              enterKeyHint="done"
              aria-keyshortcuts="n"
              className={inputClass}
            />
            <Button type="submit" look="primary" className="min-h-11 shrink-0 px-4!">
              <Plus aria-hidden size={18} />
              Add
            </Button>
          </div>
        )}
      </Field>
      <PriorityAndDue draft={draft} error={error} onType={type} />
      <OtherProblem error={error} fields={FIELDS} />
      <p role="status" className="sr-only">
        {adding.data && `Added ${adding.data.title}`}
      </p>
    </form>
  );
}
