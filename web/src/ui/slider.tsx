import { useId } from "react";

interface Props {
  label: string;
  unit: string;
  min: number;
  max: number;
  step: number;
  value: number;
  onChange: (value: number) => void;
}

export function Slider({ label, unit, value, onChange, ...range }: Props) {
  const id = useId();
  const shown = unit ? `${value} ${unit}` : `${value}`;
  return (
    <div>
      <div className="flex justify-between text-sm text-muted">
        <label htmlFor={id}>{label}</label>
        <output htmlFor={id} className="font-medium text-ink tabular-nums">
          {shown}
        </output>
      </div>
      <input
        id={id}
        type="range"
        {...range}
        value={value}
        aria-valuetext={shown}
        onChange={(event) => onChange(event.target.valueAsNumber)}
        className="h-8 w-full cursor-pointer pointer-coarse:h-11"
      />
    </div>
  );
}
