import { Check as Tick, Minus } from "lucide-react";

interface Props {
  label: string;
  checked: boolean;
  mixed?: boolean;
  round?: boolean; // for what is done; square is for what is selected
  tabIndex?: number;
  onToggle: () => void;
}

export function Check({ label, checked, mixed = false, round = false, tabIndex, onToggle }: Props) {
  const Icon = mixed ? Minus : Tick;
  return (
    <label className="group/check relative grid size-10 shrink-0 cursor-pointer place-items-center pointer-coarse:size-11">
      <input
        type="checkbox"
        aria-label={label}
        checked={checked}
        ref={(input) => {
          if (input) input.indeterminate = mixed;
        }}
        tabIndex={tabIndex}
        onChange={onToggle}
        className={`cursor-pointer appearance-none border-line-strong bg-surface transition group-hover/check:border-accent
          checked:border-accent checked:bg-accent indeterminate:border-accent indeterminate:bg-accent
          ${round ? "size-5.5 rounded-full border-2" : "size-4.5 rounded-[5px] border"}`}
      />
      {(checked || mixed) && (
        <Icon
          aria-hidden
          size={14}
          strokeWidth={3}
          className="pointer-events-none absolute text-accent-ink"
        />
      )}
    </label>
  );
}
