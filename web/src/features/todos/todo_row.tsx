import { CalendarDays, Flag, Trash2 } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import type { Todo } from "../../api/types";
import { Button } from "../../ui/button";
import { formatMoment } from "../../ui/format";
import { Check } from "./check";
import { dueWords, isOverdue } from "./due";

interface Props {
  todo: Todo;
  selected: boolean;
  reachable: boolean; // by Tab
  editor: ReactNode; // instead of the todo
  onFocus: () => void;
  onSelect: () => void;
  onComplete: () => void;
  onEdit: () => void;
  onDelete: () => void;
}

export function TodoRow({ todo, selected, reachable, editor, onFocus, ...actions }: Props) {
  const row = useRef<HTMLDivElement>(null);
  const editing = Boolean(editor);
  const wasEditing = useRef(editing);

  // The focus was in the editor and is lost with it.
  useEffect(() => {
    if (wasEditing.current && !editing && document.activeElement === document.body) {
      row.current?.focus();
    }
    wasEditing.current = editing;
  }, [editing]);

  return (
    <div
      ref={row}
      role="row"
      data-todo={todo.id}
      aria-selected={selected}
      tabIndex={reachable ? 0 : -1}
      onFocus={onFocus}
      className={`flex scroll-mt-16 scroll-mb-24 items-start transition-colors first:rounded-t-card last:rounded-b-card
        focus-visible:-outline-offset-2 ${selected ? "bg-accent-soft" : editing ? "" : "hover:bg-raised/50"}`}
    >
      {editing ? (
        <div role="gridcell" aria-colspan={4} className="min-w-0 flex-1">
          {editor}
        </div>
      ) : (
        <Cells todo={todo} selected={selected} tabIndex={reachable ? 0 : -1} {...actions} />
      )}
    </div>
  );
}

interface CellsProps extends Omit<Props, "reachable" | "editor" | "onFocus"> {
  tabIndex: number;
}

function Cells({ todo, selected, tabIndex, onSelect, onComplete, onEdit, onDelete }: CellsProps) {
  const { title, description, completed } = todo;
  return (
    <>
      <div role="gridcell" className="py-1 pl-1">
        <Check
          label={`Select ${title}`}
          checked={selected}
          tabIndex={tabIndex}
          onToggle={onSelect}
        />
      </div>
      <div role="gridcell" className="-ml-1 py-1">
        <Check
          round
          label={`Complete ${title}`}
          checked={completed}
          tabIndex={tabIndex}
          onToggle={onComplete}
        />
      </div>
      <div role="gridcell" className="min-w-0 flex-1 py-1 pr-3 sm:pr-0">
        <button
          type="button"
          tabIndex={tabIndex}
          onClick={onEdit}
          className="block min-h-10 w-full rounded-inner py-2.5 pl-1 text-left pointer-coarse:min-h-11"
        >
          <span className="sr-only">Edit </span>
          <span
            className={`block wrap-anywhere ${completed ? "text-muted line-through" : "font-medium"}`}
          >
            {title}
          </span>
          {description && (
            <span className="mt-0.5 line-clamp-2 text-muted wrap-anywhere">{description}</span>
          )}
          <Facts todo={todo} />
        </button>
      </div>
      <div role="gridcell" className="py-1 pr-1 max-sm:hidden">
        <Button
          look="ghost"
          aria-label={`Delete ${title}`}
          title="Delete"
          tabIndex={tabIndex}
          onClick={onDelete}
        >
          <Trash2 aria-hidden size={16} />
        </Button>
      </div>
    </>
  );
}

function Facts({ todo: { priority, due_date, completed } }: { todo: Todo }) {
  if (priority === 0 && !due_date) return null;
  const overdue = due_date !== null && !completed && isOverdue(due_date);
  return (
    <span className="mt-1 flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted tabular-nums">
      {due_date && (
        <span
          title={formatMoment(due_date)}
          className={`flex items-center gap-1.5 ${overdue ? "font-medium text-danger" : ""}`}
        >
          <CalendarDays aria-hidden size={13} />
          {overdue ? "Overdue: " : "Due "}
          {dueWords(due_date)}
        </span>
      )}
      {priority > 0 && (
        <span className="flex items-center gap-1.5">
          <Flag aria-hidden size={13} />
          Priority {priority}
        </span>
      )}
    </span>
  );
}
