// What the server's words of this feature mean to a person.

import type { AuditEntry, Role } from "../../api/types";
import { deviceOf } from "./device";

export const roleWords: Record<Role, string> = { member: "Member", admin: "Administrator" };

interface Scope {
  scope: string;
  label: string;
  admin?: true; // of use to administrators only
}
export const scopes: readonly Scope[] = [
  { scope: "assets", label: "Photos and files" },
  { scope: "generations", label: "Videos and 3D models" },
  { scope: "models", label: "What can be made" },
  { scope: "events", label: "Live events" },
  { scope: "todo", label: "Todos" },
  { scope: "users", label: "Users", admin: true },
  { scope: "admin", label: "Administration", admin: true },
];

export function scopeWords(of: readonly string[]): string {
  return of
    .map((scope) => scopes.find((known) => known.scope === scope)?.label ?? scope)
    .join(", ");
}

const actions: Record<string, string> = {
  registered: "You made this account",
  signed_in: "You signed in",
  sign_in_failed: "Somebody tried to sign in with a wrong password",
  signed_out: "You signed out",
  other_sessions_ended: "You signed all other devices out",
  signed_out_everywhere: "You signed out everywhere",
  password_changed: "You changed your password",
  reset_asked: "Somebody asked for a mail to set a new password",
  password_reset: "A new password was set",
  email_verified: "You confirmed your address",
  disabled: "An administrator locked this account",
  enabled: "An administrator unlocked this account",
  refresh_token_reused: "A sign-in was used twice, perhaps a stolen one. That device is signed out",
};

export function actionWords({ action, detail }: AuditEntry): string {
  if (action === "api_key_made") return `You made the API key “${detail}”`;
  if (action === "api_key_deleted") return `You deleted the API key “${detail}”`;
  if (action === "session_ended") return `You signed a device out: ${deviceOf(detail).words}`;
  if (action === "role_changed")
    return detail === "admin" ? "You became an administrator" : "You became a member";
  return actions[action] ?? action.replaceAll("_", " ");
}

export const isAlarming = ({ action }: AuditEntry): boolean =>
  action === "sign_in_failed" || action === "refresh_token_reused";
