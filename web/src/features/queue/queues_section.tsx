import { Pause, Play, SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import type { Pool, Queue } from "../../api/types";
import { Button } from "../../ui/button";
import { formatAgo } from "../../ui/format";
import { Loaded } from "../../ui/loaded";
import { ProblemNotice } from "../../ui/problem_notice";
import { Section } from "../../ui/section";
import { words } from "../generation/fields";
import { PoolDialog } from "./pool_dialog";
import { usePauseQueue, usePools, useQueues } from "./queries";

// What waits and runs of everybody, and how many workers there are for it.
export function QueuesSection() {
  const queues = useQueues();
  const pools = usePools();
  const [sized, setSized] = useState<Pool>();
  const pausing = usePauseQueue();
  return (
    <Section
      title="All queues"
      text="Of everybody. A paused queue begins nothing; what runs goes on."
    >
      {pausing.error && (
        <div className="px-4 pb-4">
          <ProblemNotice error={pausing.error} />
        </div>
      )}
      <Loaded query={queues} rows={2}>
        {(list) => (
          <ul aria-label="Queues" className="divide-y divide-line border-t border-line">
            {list.map((queue) => (
              <QueueLine
                key={queue.name}
                queue={queue}
                pool={pools.data?.find(({ name }) => name === queue.name)}
                busy={pausing.isPending}
                onPause={() => pausing.mutate(queue)}
                onSize={setSized}
              />
            ))}
          </ul>
        )}
      </Loaded>
      {sized && <PoolDialog pool={sized} onClose={() => setSized(undefined)} />}
    </Section>
  );
}

interface LineProps {
  queue: Queue;
  pool: Pool | undefined;
  busy: boolean;
  onPause: () => void;
  onSize: (pool: Pool) => void;
}

function QueueLine({ queue, pool, busy, onPause, onSize }: LineProps) {
  const { name, running, available, scheduled, retryable, oldest_available_at, paused_at } = queue;
  const later = scheduled + retryable;
  const parts = [`${running} running`, `${available} waiting`];
  if (later > 0) parts.push(`${later} for later`);
  if (oldest_available_at) parts.push(`the oldest added ${formatAgo(oldest_available_at)}`);
  return (
    <li className="flex items-center gap-4 px-4 py-3">
      <div className="min-w-0 flex-1">
        <p className="flex items-center gap-2 font-medium">
          {words(name)}
          {paused_at && (
            <span className="rounded-full bg-accent-soft px-3 py-0.5 text-xs text-accent">
              Paused
            </span>
          )}
        </p>
        <p className="text-muted tabular-nums">{parts.join(" · ")}</p>
        {pool && <p className="text-muted tabular-nums">{poolWords(pool)}</p>}
      </div>
      {pool && (
        <Button disabled={busy} onClick={() => onSize(pool)} aria-label={`Size ${words(name)}`}>
          <SlidersHorizontal aria-hidden size={16} />
          <span className="max-sm:hidden">Size</span>
        </Button>
      )}
      <Button
        disabled={busy}
        onClick={onPause}
        aria-label={`${paused_at ? "Resume" : "Pause"} ${words(name)}`}
      >
        {paused_at ? <Play aria-hidden size={16} /> : <Pause aria-hidden size={16} />}
        <span className="max-sm:hidden">{paused_at ? "Resume" : "Pause"}</span>
      </Button>
    </li>
  );
}

function poolWords({ size, capacity, nodes, reason, configured }: Pool): string {
  const parts = [size === 1 ? "1 worker" : `${size} workers`, `room for ${capacity}`];
  if (nodes !== 1) parts.push(`${nodes || "no"} nodes`);
  parts.push(reason);
  if (!configured) parts.push("sized by hand");
  return parts.join(" · ");
}
