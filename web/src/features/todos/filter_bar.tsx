import { Search, SlidersHorizontal, X } from "lucide-react";
import { type RefObject, useId, useState } from "react";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Segmented } from "../../ui/segmented";
import { Select } from "../../ui/select";
import { DAY_MAX, dayOf, startOfDay } from "./due";
import { PRIORITIES } from "./draft";
import { FilterInput } from "./filter_input";
import { type Filters, isFiltered, NO_FILTERS } from "./filters";

interface Props {
  filters: Filters;
  onChange: (change: Filters) => void;
  search: RefObject<HTMLInputElement | null>;
}

const SEARCH_MAX = 100; // the server takes no more

const states = [
  { value: "", label: "All" },
  { value: "false", label: "Open" },
  { value: "true", label: "Done" },
] as const;
const priorities = [{ value: "", label: "Any" }, ...PRIORITIES];

export function FilterBar({ filters, onChange, search }: Props) {
  const { completed, priority, due_before, q } = filters;
  const [opened, setOpened] = useState(false);
  const more = useId();
  const shows = opened || priority !== undefined || due_before !== undefined;
  return (
    <section aria-label="Filters" className="flex flex-col gap-3">
      <Field label="Search" hideLabel>
        {(props) => (
          <div className="relative flex gap-2">
            <Search
              aria-hidden
              size={16}
              className="pointer-events-none absolute top-1/2 left-3 -translate-y-1/2 text-muted"
            />
            <FilterInput
              {...props}
              ref={search}
              type="search"
              placeholder="Search"
              maxLength={SEARCH_MAX}
              aria-keyshortcuts="/"
              value={q ?? ""}
              onChange={(value) => onChange({ q: value.trim() })}
              className="pl-9"
            />
            <Button
              aria-label="More filters"
              aria-expanded={shows}
              aria-controls={more}
              onClick={() => setOpened(!opened)}
              className="min-h-11 min-w-11 shrink-0 lg:hidden"
            >
              <SlidersHorizontal aria-hidden size={18} />
            </Button>
          </div>
        )}
      </Field>
      <Segmented
        legend="State"
        hideLegend
        options={states}
        value={completed === undefined ? "" : completed ? "true" : "false"}
        onChange={(value) => onChange({ completed: value === "" ? undefined : value === "true" })}
      />
      <div id={more} className={`grid grid-cols-2 gap-3 ${shows ? "" : "max-lg:hidden"}`}>
        <Select
          label="Priority"
          options={priorities}
          value={priority === undefined ? "" : String(priority)}
          onChange={(value) => onChange({ priority: value === "" ? undefined : Number(value) })}
        />
        <Field label="Due before">
          {(props) => (
            <FilterInput
              {...props}
              type="date"
              max={DAY_MAX}
              value={dayOf(due_before)}
              onChange={(day) => onChange({ due_before: startOfDay(day) })}
            />
          )}
        </Field>
      </div>
      {isFiltered(filters) && (
        <Button className="w-full" onClick={() => onChange(NO_FILTERS)}>
          <X aria-hidden size={16} />
          Clear filters
        </Button>
      )}
    </section>
  );
}
