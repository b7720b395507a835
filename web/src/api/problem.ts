import type { Problem } from "./types";

// Every failed call ends as one of these: words a person can act on, and the request id to quote.
export class ApiError extends Error {
  override name = "ApiError";
  readonly title: string;
  readonly status: number | null; // null: no answer came
  readonly request_id: string | null;
  readonly errors: Problem["errors"]; // by field, also part of the message
  readonly retry_after_s: number; // 0: the server does not say

  constructor(
    title: string,
    detail: string,
    status: number | null,
    request_id: string | null,
    errors: Problem["errors"] = [],
    retry_after_s = 0,
  ) {
    super(detail);
    this.title = title;
    this.status = status;
    this.request_id = request_id;
    this.errors = errors;
    this.retry_after_s = retry_after_s;
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

// In place of HTTP's own words.
const TITLES: Record<number, string> = {
  401: "That was refused",
  403: "That is not allowed",
  409: "That cannot be done",
  429: "Too many tries",
};

interface Headers {
  get: (name: string) => string | null;
}

export function fromProblem(body: unknown, status: number, headers: Headers): ApiError {
  const problem: Partial<Problem> = typeof body === "object" && body !== null ? body : {};
  const fields = problem.errors?.map(({ field, message }) => `${field}: ${message}`) ?? [];
  const detail = [problem.detail, ...fields].filter(Boolean).join(" · ");
  return new ApiError(
    TITLES[status] ?? problem.title ?? "That did not work",
    detail || `The server answered ${status}.`,
    status,
    problem.request_id ?? headers.get("X-Request-Id"),
    problem.errors,
    Number(headers.get("Retry-After") ?? 0),
  );
}

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new ApiError("Something went wrong in this page", detail, null, null);
}

export function problemOf(error: ApiError | null, field: string): string | undefined {
  return error?.errors.find((problem) => problem.field === field)?.message;
}
