import { Monitor, Smartphone, SquareTerminal } from "lucide-react";
import type { Session } from "../../api/types";
import { Button } from "../../ui/button";
import { formatAgo, formatMoment } from "../../ui/format";
import { deviceOf } from "./device";

const icons = { desktop: Monitor, phone: Smartphone, program: SquareTerminal };

interface Props {
  session: Session;
  busy: boolean;
  onEnd: () => void;
}

export function SessionRow({ session, busy, onEnd }: Props) {
  const { kind, words } = deviceOf(session.agent);
  const Icon = icons[kind];
  return (
    <li className="flex items-center gap-4 px-4 py-3">
      <Icon aria-hidden size={20} strokeWidth={1.75} className="shrink-0 text-muted" />
      <div className="min-w-0 flex-1 wrap-anywhere">
        <p className="font-medium" title={session.agent}>
          {words}
        </p>
        <p className="text-muted">
          {session.address} ·{" "}
          <time dateTime={session.last_seen_at} title={formatMoment(session.last_seen_at)}>
            last seen {formatAgo(session.last_seen_at)}
          </time>
        </p>
      </div>
      {session.current ? (
        <p className="shrink-0 rounded-full bg-accent-soft px-3 py-1 text-xs font-medium text-accent">
          This device
        </p>
      ) : (
        <Button disabled={busy} onClick={onEnd} aria-label={`Sign out ${words}`}>
          Sign out
        </Button>
      )}
    </li>
  );
}
