// The session as the calls see it. Its tokens are cookies that no script can read.
//
//   call -> 401 -> renew, once for all calls of this tab -> the call again
//                    |
//                    +- 401 too -> the session has ended; who listens goes to sign in

import { fromProblem, unreachable } from "./problem";
import type { Tokens } from "./types";

const LOGIN = "/api/v1/auth/login"; // its 401 is about what was typed
const RENEW_AT = "zoetrope.renew_at"; // shared by the tabs of this browser
const RETRY_MS = 30_000;

const ended = new EventTarget();
let renewing: Promise<boolean> | null = null;
let renewals = 0;

export async function fetchSignedIn(request: Request): Promise<Response> {
  const again = request.clone();
  const before = renewals;
  const response = await fetch(request);
  if (response.status !== 401 || request.url.endsWith(LOGIN)) return response;
  // Others may have renewed while this call was on its way.
  const goesOn = renewals > before || (await renewSession());
  return goesOn ? fetch(again) : response;
}

// Whether the session goes on. Throws when the server cannot tell now.
export function renewSession(): Promise<boolean> {
  renewing ??= renew().finally(() => {
    renewing = null;
  });
  return renewing;
}

async function renew(): Promise<boolean> {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch("/api/v1/auth/refresh", { method: "POST", headers, body: "{}" });
  if (answer.ok) {
    renewals += 1;
    noteTokens((await answer.json()) as Tokens);
    return true;
  }
  if (answer.status !== 401)
    throw fromProblem(await answer.json().catch(() => null), answer.status, answer.headers);
  planRenewal(null);
  ended.dispatchEvent(new Event("ended"));
  return false;
}

// Lets this browser into a server without accounts, by the secret of its link.
export async function openLocally(token: string): Promise<null> {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify({ token });
  const answer = await fetch("/api/v1/auth/local", { method: "POST", headers, body }).catch(() => {
    throw unreachable();
  });
  if (answer.ok) return null;
  throw fromProblem(await answer.json().catch(() => null), answer.status, answer.headers);
}

// Told once: more calls may be refused while the listener is on its way out.
export function onSessionEnded(listener: () => void): () => void {
  ended.addEventListener("ended", listener, { once: true });
  return () => ended.removeEventListener("ended", listener);
}

export function noteTokens({ expires_in }: Tokens): void {
  planRenewal(Date.now() + expires_in * 800);
}

function planRenewal(at: number | null): void {
  try {
    if (at) localStorage.setItem(RENEW_AT, String(at));
    else localStorage.removeItem(RENEW_AT);
  } catch {
    // Storage may be forbidden; then a call that is refused renews.
  }
}

function plannedRenewal(): number {
  try {
    return Number(localStorage.getItem(RENEW_AT));
  } catch {
    return 0;
  }
}

// Pictures and videos are fetched by the browser itself, which does not know how to renew. So for
// as long as somebody looks at the page, the session is renewed before its access token expires.
export function keepSessionFresh(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;

  const plan = (): void => {
    clearTimeout(timer);
    const at = plannedRenewal();
    if (at > 0 && document.visibilityState === "visible")
      timer = setTimeout(() => void look(), Math.max(0, at - Date.now()));
  };
  const look = async (): Promise<void> => {
    // Another tab may have been faster.
    if (plannedRenewal() <= Date.now())
      await renewSession().catch(() => planRenewal(Date.now() + RETRY_MS));
    plan();
  };

  plan();
  document.addEventListener("visibilitychange", plan);
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", plan);
  };
}
