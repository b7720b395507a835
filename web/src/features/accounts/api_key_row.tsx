import { Trash2 } from "lucide-react";
import type { ApiKey } from "../../api/types";
import { Button } from "../../ui/button";
import { formatAgo, formatDay, isPast } from "../../ui/format";
import { scopeWords } from "./words";

export function ApiKeyRow({ apiKey, onDelete }: { apiKey: ApiKey; onDelete: () => void }) {
  const { name, hint, scopes, expires_at, last_used_at } = apiKey;
  const expired = expires_at !== null && isPast(expires_at);
  return (
    <li className="flex items-center gap-4 px-4 py-3">
      <div className="min-w-0 flex-1 wrap-anywhere">
        <p className="flex flex-wrap items-baseline gap-x-3">
          <span className="font-medium">{name}</span>
          <code className="text-xs text-muted">{hint}…</code>
        </p>
        <p className="text-muted">{scopeWords(scopes)}</p>
        <p className="text-muted">
          {last_used_at ? `Used ${formatAgo(last_used_at)}` : "Never used"}
          {" · "}
          {expires_at === null ? (
            "never expires"
          ) : (
            <span className={expired ? "text-danger" : ""}>
              {expired ? "expired" : "expires"} {formatDay(expires_at)}
            </span>
          )}
        </p>
      </div>
      <Button aria-label={`Delete ${name}`} onClick={onDelete}>
        <Trash2 aria-hidden size={16} />
        <span className="max-sm:hidden">Delete</span>
      </Button>
    </li>
  );
}
