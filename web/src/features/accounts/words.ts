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
  { scope: "pipelines", label: "Batches" },
  { scope: "models", label: "What can be made" },
  { scope: "events", label: "Live events" },
  { scope: "todo", label: "Todos" },
  { scope: "workers", label: "Remote workers", admin: true },
  { scope: "users", label: "Users", admin: true },
  { scope: "admin", label: "Administration", admin: true },
];

export function scopeWords(of: readonly string[]): string {
  return of
    .map((scope) => scopes.find((known) => known.scope === scope)?.label ?? scope)
    .join(", ");
}

// Said of one's own account and, behind a name, of somebody's.
const actions: Record<string, string> = {
  registered: "Account made",
  signed_in: "Signed in",
  sign_in_failed: "Somebody tried to sign in with a wrong password",
  signed_out: "Signed out",
  other_sessions_ended: "All other devices signed out",
  signed_out_everywhere: "Signed out everywhere",
  password_changed: "Password changed",
  reset_asked: "Somebody asked for a mail to set a new password",
  password_reset: "A new password was set",
  email_verified: "Address confirmed",
  disabled: "Locked by an administrator",
  enabled: "Unlocked by an administrator",
  data_exported: "Everything owned was downloaded",
  erased: "Account deleted",
  refresh_token_reused: "A sign-in was used twice, perhaps a stolen one. That device is signed out",
};

export function actionWords({ action, detail }: AuditEntry): string {
  if (action === "api_key_made") return `API key “${detail}” made`;
  if (action === "api_key_deleted") return `API key “${detail}” deleted`;
  if (action === "api_keys_ended")
    return detail === "1" ? "The API key ended" : `All ${detail} API keys ended`;
  if (action === "session_ended") return `Device signed out: ${deviceOf(detail).words}`;
  if (action === "role_changed")
    return detail === "admin" ? "Became an administrator" : "Became a member";
  return actions[action] ?? action.replaceAll("_", " ");
}

export const isAlarming = ({ action }: AuditEntry): boolean =>
  action === "sign_in_failed" || action === "refresh_token_reused";
