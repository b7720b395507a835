import { Check as Tick, Keyboard, Trash2, X } from "lucide-react";
import { Button } from "../../ui/button";
import { Check } from "./check";
import type { Selection } from "./use_selection";

interface Props {
  shown: number;
  more: boolean;
  selection: Selection;
  onComplete: () => void;
  onDelete: () => void;
  onKeys: () => void;
}

// How many there are; once some are selected, what can be done to them. It stays in sight.
export function ListHeader({ shown, more, selection, onComplete, onDelete, onKeys }: Props) {
  const count = selection.selected.length;
  const all = count > 0 && count === shown;
  const done = count > 0 && selection.selected.every(({ completed }) => completed);
  return (
    <div
      className={`sticky top-0 z-10 -mx-1 flex min-h-14 items-center gap-1 bg-ground pr-1 ${shown > 0 ? "pl-2.25" : "pl-1"}`}
    >
      {shown > 0 && (
        <Check
          label={all ? "Select none" : "Select all shown"}
          checked={all}
          mixed={count > 0 && !all}
          onToggle={all ? selection.clear : selection.all}
        />
      )}
      <h1 className={`truncate text-lg ${count > 0 ? "sr-only" : ""}`}>Todos</h1>
      {count === 0 && shown > 0 && (
        <p className="ml-2 text-muted tabular-nums">{more ? `${shown}+` : shown}</p>
      )}
      {count > 0 && (
        <p className="truncate font-medium tabular-nums">
          {count}
          <span className="max-sm:sr-only"> selected</span>
        </p>
      )}
      <div className="ml-auto flex items-center gap-1">
        {count > 0 && (
          <>
            <Button onClick={onComplete}>
              <Tick aria-hidden size={16} />
              {done ? "Reopen" : "Complete"}
            </Button>
            <Button onClick={onDelete}>
              <Trash2 aria-hidden size={16} />
              Delete
            </Button>
            <Button
              look="ghost"
              aria-label="Clear the selection"
              title="Clear the selection"
              onClick={selection.clear}
              className="max-sm:px-2!"
            >
              <X aria-hidden size={18} />
            </Button>
          </>
        )}
        {count === 0 && (
          <Button
            look="ghost"
            aria-keyshortcuts="?"
            onClick={onKeys}
            className="pointer-coarse:hidden"
          >
            <Keyboard aria-hidden size={18} />
            Keys
          </Button>
        )}
      </div>
    </div>
  );
}
