// The drum with its slits.
export function Mark({ className }: { className?: string }) {
  return (
    <svg
      aria-hidden
      viewBox="0 0 32 32"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      className={className}
    >
      <ellipse cx="16" cy="9.5" rx="11" ry="4" />
      <path d="M5 9.5v13c0 2.2 4.9 4 11 4s11-1.8 11-4v-13M10.5 17v4.5M16 18v4.5M21.5 17v4.5" />
    </svg>
  );
}
