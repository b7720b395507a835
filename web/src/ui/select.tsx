import { ChevronDown } from "lucide-react";
import { Field } from "./field";

interface Props {
  label: string;
  problem?: string | undefined;
  options: readonly { value: string; label: string }[];
  value: string;
  onChange: (value: string) => void;
}

export function Select({ label, problem, options, value, onChange }: Props) {
  return (
    <Field label={label} problem={problem}>
      {(props) => (
        <div className="relative">
          <select
            {...props}
            value={value}
            onChange={(event) => onChange(event.target.value)}
            className="min-h-11 w-full appearance-none rounded-card border border-line-strong bg-surface pr-10 pl-3 text-sm"
          >
            {options.map((option) => (
              <option key={option.value} value={option.value}>
                {option.label}
              </option>
            ))}
          </select>
          <ChevronDown
            aria-hidden
            size={16}
            className="pointer-events-none absolute top-1/2 right-3 -translate-y-1/2"
          />
        </div>
      )}
    </Field>
  );
}
