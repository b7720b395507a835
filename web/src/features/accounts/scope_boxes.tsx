import { useId } from "react";
import type { Role } from "../../api/types";
import { scopes } from "./words";

interface Props {
  role: Role;
  chosen: string[];
  problem: string | undefined;
  onChange: (chosen: string[]) => void;
}

// What a key may be used for.
export function ScopeBoxes({ role, chosen, problem, onChange }: Props) {
  const problemId = useId();
  const offered = scopes.filter(({ admin }) => !admin || role === "admin");
  const toggle = (scope: string): void =>
    onChange(
      chosen.includes(scope) ? chosen.filter((other) => other !== scope) : [...chosen, scope],
    );
  return (
    <fieldset {...(problem && { "aria-describedby": problemId })}>
      <legend className="mb-1.5 text-sm text-muted">It may use</legend>
      <div className="grid gap-x-4 sm:grid-cols-2">
        {offered.map(({ scope, label }) => (
          <label
            key={scope}
            className="flex min-h-10 cursor-pointer items-center gap-3 pointer-coarse:min-h-11"
          >
            <input
              type="checkbox"
              checked={chosen.includes(scope)}
              aria-invalid={problem ? true : undefined}
              onChange={() => toggle(scope)}
              className="size-4.5 shrink-0 cursor-pointer accent-accent"
            />
            {label}
          </label>
        ))}
      </div>
      {problem && (
        <p id={problemId} role="alert" className="mt-1.5 text-sm text-danger">
          {problem.replace(/^must name/, "Choose")}
        </p>
      )}
    </fieldset>
  );
}
