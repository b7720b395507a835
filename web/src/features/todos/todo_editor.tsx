import { TriangleAlert } from "lucide-react";
import { useEffect, useEffectEvent, useRef } from "react";
import { problemOf } from "../../api/problem";
import { Button } from "../../ui/button";
import { Field, inputClass } from "../../ui/field";
import { OtherProblem } from "../../ui/other_problem";
import type { Draft } from "./draft";
import { FIELDS, PriorityAndDue } from "./draft_fields";
import type { Edit } from "./use_edits";

interface Props {
  edit: Edit;
  onType: (change: Partial<Draft>) => void;
  onSave: () => void;
  onCancel: () => void;
}

const touches = matchMedia("(pointer: coarse)");

export function TodoEditor({ edit: { draft, error, elsewhere }, onType, onSave, onCancel }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const title = useRef<HTMLInputElement>(null);

  // It may also come back because saving has failed: then a person is elsewhere and stays there.
  useEffect(() => {
    const { activeElement: at, body } = document;
    if (at === body || at?.matches("[role=row]")) title.current?.focus();
  }, []);

  const press = useEffectEvent((event: KeyboardEvent): void => {
    const { key, target, shiftKey, isComposing } = event;
    if (isComposing) return;
    // A screen's keyboard has no Shift+Enter for a new line.
    const newLine = target instanceof HTMLTextAreaElement && (shiftKey || touches.matches);
    if (key === "Escape") onCancel();
    else if (key !== "Enter" || newLine || target instanceof HTMLButtonElement) return;
    else onSave();
    event.preventDefault();
  });

  // One listener for what bubbles from all of its fields.
  useEffect(() => {
    const element = form.current;
    const listen = (event: KeyboardEvent): void => press(event);
    element?.addEventListener("keydown", listen);
    return () => element?.removeEventListener("keydown", listen);
  }, []);

  return (
    <form
      ref={form}
      data-editor
      aria-label="Edit"
      onSubmit={(event) => {
        event.preventDefault();
        onSave();
      }}
      className="space-y-3 p-3"
    >
      {elsewhere !== null && (
        <p role="alert" className="flex items-start gap-2 rounded-card bg-accent-soft px-3 py-2">
          <TriangleAlert aria-hidden size={16} className="mt-0.5 shrink-0 text-accent" />
          <span className="min-w-0 wrap-anywhere">
            <strong className="font-semibold">Changed elsewhere</strong>
            {elsewhere && `: ${elsewhere}`}. What you typed is kept; save again to put it in place.
          </span>
        </p>
      )}
      <Field label="Title" problem={problemOf(error, "title")}>
        {(props) => (
          <input
            {...props}
            ref={title}
            value={draft.title}
            autoComplete="off"
            onChange={({ target }) => onType({ title: target.value })}
            className={inputClass}
          />
        )}
      </Field>
      <Field label="Description" problem={problemOf(error, "description")}>
        {(props) => (
          <textarea
            {...props}
            rows={2}
            value={draft.description}
            onChange={({ target }) => onType({ description: target.value })}
            className={`${inputClass} field-sizing-content max-h-80 resize-none py-2.5`}
          />
        )}
      </Field>
      <PriorityAndDue draft={draft} error={error} onType={onType} />
      <OtherProblem error={error} fields={FIELDS} />
      <div className="flex flex-wrap items-center gap-2">
        <Button type="submit" look="primary">
          Save
        </Button>
        <Button look="ghost" onClick={onCancel}>
          Cancel
        </Button>
        <p className="ml-auto text-xs text-muted pointer-coarse:hidden">
          Enter saves, Shift+Enter is a new line, Escape cancels
        </p>
      </div>
    </form>
  );
}
