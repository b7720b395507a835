import { Pause, Play } from "lucide-react";
import type { Queue } from "../../api/types";
import { Button } from "../../ui/button";
import { formatAgo } from "../../ui/format";
import { Loaded } from "../../ui/loaded";
import { ProblemNotice } from "../../ui/problem_notice";
import { Section } from "../../ui/section";
import { words } from "../generation/fields";
import { usePauseQueue, useQueues } from "./queries";

// What waits and runs of everybody.
export function QueuesSection() {
  const queues = useQueues();
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
                busy={pausing.isPending}
                onPause={() => pausing.mutate(queue)}
              />
            ))}
          </ul>
        )}
      </Loaded>
    </Section>
  );
}

interface LineProps {
  queue: Queue;
  busy: boolean;
  onPause: () => void;
}

function QueueLine({ queue, busy, onPause }: LineProps) {
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
      </div>
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
