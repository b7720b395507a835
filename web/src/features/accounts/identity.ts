// Coming and going. Each begins the page anew, in every tab: of the person before, nothing stays in
// memory and no connection stays open.

import { accepted, answered, api } from "../../api/client";
import { noteTokens } from "../../api/session";

const OUTSIDE = new Set([
  "/sign-in",
  "/register",
  "/open",
  "/welcome",
  "/forgot",
  "/reset",
  "/verify",
]);

const tabs = new BroadcastChannel("zoetrope.identity");
tabs.addEventListener("message", () => location.reload());

let leaving = false; // a call that is refused on the way out does not lead elsewhere

function startAnew(address: string): void {
  leaving = true;
  tabs.postMessage(null);
  location.replace(address);
}

export async function signIn(username: string, password: string, next: string): Promise<void> {
  const body = { username, password, cookie: true };
  noteTokens((await answered(api.POST("/api/v1/auth/login", { body }))).data);
  startAnew(next);
}

export async function setPasswordByLink(
  token: string,
  password: string,
  end_api_keys: boolean,
): Promise<void> {
  const body = { token, new_password: password, cookie: true, end_api_keys };
  noteTokens((await answered(api.PUT("/api/v1/auth/password/reset", { body }))).data);
  startAnew("/");
}

export async function signOut(): Promise<void> {
  await accepted(api.POST("/api/v1/auth/logout"));
  startAnew("/sign-in");
}

export async function signOutEverywhere(end_api_keys: boolean): Promise<void> {
  await accepted(api.POST("/api/v1/auth/logout-all", { params: { query: { end_api_keys } } }));
  startAnew("/sign-in");
}

export async function eraseAccount(password: string): Promise<void> {
  await accepted(api.POST("/api/v1/auth/erase", { body: { password } }));
  startAnew("/sign-in");
}

export function goToSignIn(): void {
  if (!leaving) location.replace(signInAddress());
}

// Where to sign in from here, and to come back to.
function signInAddress(): string {
  const { pathname, search, hash } = location;
  const here = pathname + search + hash;
  return here === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(here)}`;
}

// The address to go on to: a page of this studio, whatever the link says. A path such as
// //example.com is none, though /.//example.com ends as one.
export function nextOf(params: URLSearchParams): string {
  const home = `${location.origin}/`;
  const wanted = params.get("next") ?? "/";
  if (!URL.canParse(wanted, home)) return home;
  const { origin, pathname, href } = new URL(wanted, home);
  const is_page = origin === location.origin && !pathname.startsWith("//");
  return is_page && !OUTSIDE.has(pathname) ? href : home;
}
