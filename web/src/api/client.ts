import createClient from "openapi-fetch";
import type { paths } from "./generated/schema";
import { ApiError, fromProblem, unreachable } from "./problem";
import { fetchSignedIn } from "./session";

export const api = createClient<paths>({ fetch: fetchSignedIn });

interface Call<T> {
  data?: T;
  error?: unknown;
  response: Response;
}
interface Answer<T> {
  data: T;
  next_cursor: string | null;
}

// Awaits a call of `api`; throws ApiError for everything that is not a 2xx.
export async function answered<T>(call: Promise<Call<T>>): Promise<Answer<NonNullable<T>>> {
  const { data, response } = await accepted(call);
  if (data === undefined || data === null) throw refusal(undefined, response);
  return { data, next_cursor: nextCursor(response.headers.get("Link")) };
}

// The same for a call whose 2xx may have no body.
export async function accepted<T>(call: Promise<Call<T>>): Promise<Call<T>> {
  const answer = await call.catch((cause: unknown): never => {
    // An aborted call is React Query's own doing and must stay recognisable.
    throw cause instanceof DOMException || cause instanceof ApiError ? cause : unreachable();
  });
  if (!answer.response.ok) throw refusal(answer.error, answer.response);
  return answer;
}

function refusal(problem: unknown, { status, headers }: Response): ApiError {
  return fromProblem(problem, status, headers);
}

function nextCursor(link: string | null): string | null {
  const target = link?.match(/<([^>]+)>\s*;\s*rel="?next"?/)?.[1];
  return target ? new URL(target, location.origin).searchParams.get("cursor") : null;
}

// Web Crypto's randomUUID is missing on plain http, which a home network often is.
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
