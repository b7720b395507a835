import { type ReactNode, useId } from "react";

export const inputClass =
  "min-h-11 w-full min-w-0 rounded-card border border-line-strong bg-surface px-3 text-sm text-ink placeholder:text-muted " +
  "aria-invalid:border-danger";

interface ForInput {
  id: string;
  "aria-invalid"?: true;
  "aria-describedby"?: string;
}

interface Props {
  label: string;
  hideLabel?: boolean;
  hint?: string | undefined;
  problem?: string | undefined; // what the server says is wrong with it
  children: (props: ForInput) => ReactNode;
}

// A label, whatever is filled in, and what is wrong with it.
export function Field({ label, hideLabel, hint, problem, children }: Props) {
  const id = useId();
  const noteId = `${id}-note`;
  return (
    <div className="min-w-0">
      <label htmlFor={id} className={hideLabel ? "sr-only" : "mb-1.5 block text-sm text-muted"}>
        {label}
      </label>
      {children({
        id,
        ...(problem && { "aria-invalid": true }),
        ...((problem || hint) && { "aria-describedby": noteId }),
      })}
      {problem ? (
        <p id={noteId} role="alert" className="mt-1.5 text-sm text-danger">
          {label} {problem}
        </p>
      ) : (
        hint && (
          <p id={noteId} className="mt-1.5 text-xs text-muted">
            {hint}
          </p>
        )
      )}
    </div>
  );
}
