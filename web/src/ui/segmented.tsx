import type { LucideIcon } from "lucide-react";
import { useId } from "react";

interface Props<T extends string> {
  legend: string;
  hideLegend?: boolean;
  options: readonly { value: T; label: string; icon?: LucideIcon | undefined }[];
  value: T;
  onChange: (value: T) => void;
}

// A row of radio buttons drawn as one control.
export function Segmented<T extends string>({
  legend,
  hideLegend,
  options,
  value,
  onChange,
}: Props<T>) {
  const name = useId();
  return (
    <fieldset className="min-w-0">
      <legend className={hideLegend ? "sr-only" : "mb-1.5 text-sm text-muted"}>{legend}</legend>
      <div className="flex gap-1 rounded-card bg-raised p-1">
        {options.map(({ value: own, label, icon: Icon }) => (
          <label
            key={own}
            className={`relative flex min-h-9 flex-1 cursor-pointer flex-col items-center justify-center gap-1 rounded-inner
              py-1.5 text-sm whitespace-nowrap text-muted transition hover:text-ink has-checked:bg-surface
              has-checked:font-medium has-checked:text-ink has-checked:shadow-sm has-focus-visible:outline-2
              has-focus-visible:outline-offset-2 has-focus-visible:outline-accent pointer-coarse:min-h-11 pointer-coarse:min-w-11
              ${Icon ? "px-1" : "px-3"}`}
          >
            <input
              type="radio"
              name={name}
              value={own}
              checked={own === value}
              onChange={() => onChange(own)}
              className="absolute inset-0 cursor-pointer opacity-0"
            />
            {Icon && <Icon aria-hidden size={18} strokeWidth={1.75} />}
            {label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
