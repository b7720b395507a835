interface Props {
  label: string;
  value: number; // 0..1
  track?: string; // the class of what is not done yet
}

export function ProgressBar({ label, value, track = "bg-white/25" }: Props) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(value * 100)}
      className={`h-1 w-full overflow-hidden rounded-full ${track}`}
    >
      <div
        className="h-full w-full origin-left rounded-full bg-accent transition-transform ease-linear"
        style={{ transform: `scaleX(${value})` }}
      />
    </div>
  );
}
