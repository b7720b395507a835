import { type ReactNode, useEffect, useRef } from "react";
import { asApiError } from "../api/problem";
import { Button } from "./button";
import { OtherProblem } from "./other_problem";
import { useWait } from "./use_wait";

interface Props {
  label: string;
  fields: readonly string[]; // whose problems are shown at them
  submit: string;
  sending: { isPending: boolean; error: unknown };
  onSubmit: () => void;
  children: ReactNode;
}

// Fields and the button that sends them. The server says what is wrong with them, and how long to
// wait after too many tries.
export function Form({ label, fields, submit, sending, onSubmit, children }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const error = sending.error ? asApiError(sending.error) : null;
  const wait_s = useWait(error);

  useEffect(() => {
    if (error) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [error]);

  return (
    <form
      ref={form}
      aria-label={label}
      aria-busy={sending.isPending}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!sending.isPending && wait_s === 0) onSubmit();
      }}
      className="space-y-4"
    >
      {children}
      <OtherProblem error={error} fields={fields} />
      <Button
        type="submit"
        look="primary"
        disabled={wait_s > 0}
        className="min-h-11 w-full tabular-nums"
      >
        {wait_s > 0 ? `Try again in ${wait_s} s` : sending.isPending ? "One moment…" : submit}
      </Button>
    </form>
  );
}
