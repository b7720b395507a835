import type { ApiError } from "../api/problem";
import { ProblemNotice } from "./problem_notice";

interface Props {
  error: ApiError | null;
  fields: readonly string[]; // whose problems are shown at them
}

// What is wrong beyond the fields of a form.
export function OtherProblem({ error, fields }: Props) {
  const told =
    error && error.errors.length > 0 && error.errors.every(({ field }) => fields.includes(field));
  return error && !told ? <ProblemNotice error={error} /> : null;
}
