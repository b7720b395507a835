import type { Problem } from "./types";

// Every failed call ends as one of these: words a person can act on, and the request id to quote.
export class ApiError extends Error {
  override name = "ApiError";
  readonly title: string;
  readonly status: number | null; // null: no answer came
  readonly request_id: string | null;
  readonly errors: Problem["errors"]; // by field, also part of the message

  constructor(
    title: string,
    detail: string,
    status: number | null,
    request_id: string | null,
    errors: Problem["errors"] = [],
  ) {
    super(detail);
    this.title = title;
    this.status = status;
    this.request_id = request_id;
    this.errors = errors;
  }

  // The same call may succeed a moment later.
  get transient(): boolean {
    return this.status === null || this.status === 429 || this.status >= 502;
  }
}

export function unreachable(): ApiError {
  const detail = "Check that Zoetrope is still running, then try again.";
  return new ApiError("The server cannot be reached", detail, null, null);
}

export function fromProblem(body: unknown, status: number, request_id: string | null): ApiError {
  const problem: Partial<Problem> = typeof body === "object" && body !== null ? body : {};
  const fields = problem.errors?.map(({ field, message }) => `${field}: ${message}`) ?? [];
  const detail = [problem.detail, ...fields].filter(Boolean).join(" · ");
  return new ApiError(
    problem.title ?? "That did not work",
    detail || `The server answered ${status}.`,
    status,
    problem.request_id ?? request_id,
    problem.errors,
  );
}

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new ApiError("Something went wrong in this page", detail, null, null);
}
