import { type ApiError, problemOf } from "../../api/problem";
import { Field, inputClass } from "../../ui/field";
import { Select } from "../../ui/select";
import { type Draft, PRIORITIES } from "./draft";
import { DAY_MAX } from "./due";

interface Props {
  draft: Draft;
  error: ApiError | null;
  onType: (change: Partial<Draft>) => void;
}

export const FIELDS = ["title", "description", "priority", "due_date"] as const;

// Priority and due date, side by side.
export function PriorityAndDue({ draft, error, onType }: Props) {
  return (
    <div className="grid grid-cols-2 gap-3">
      <Select
        label="Priority"
        problem={problemOf(error, "priority")}
        options={PRIORITIES}
        value={String(draft.priority)}
        onChange={(value) => onType({ priority: Number(value) })}
      />
      <Field label="Due date" problem={problemOf(error, "due_date")}>
        {(props) => (
          <input
            {...props}
            type="date"
            max={DAY_MAX}
            value={draft.due}
            onChange={({ target }) => onType({ due: target.value })}
            className={inputClass}
          />
        )}
      </Field>
    </div>
  );
}
