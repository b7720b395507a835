// The initial of a user's name.
export function Avatar({ name, className }: { name: string; className: string }) {
  return (
    <span
      aria-hidden
      className={`grid shrink-0 place-items-center rounded-full bg-accent font-semibold text-accent-ink uppercase ${className}`}
    >
      {[...name][0]}
    </span>
  );
}
