import { RotateCcw } from "lucide-react";
import { useState } from "react";
import type { Task } from "../../api/types";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/confirm";
import { formatAgo } from "../../ui/format";
import { ProblemNotice } from "../../ui/problem_notice";
import { Section } from "../../ui/section";
import { useGivenUp, useRetryAllTasks, useRetryTask } from "./queries";

// Shown only when there are any: nobody needs an empty list of failures.
export function GivenUpSection() {
  const discarded = useGivenUp("discarded").data ?? [];
  const unknown = useGivenUp("unknown").data ?? [];
  const retry = useRetryTask();
  const retryAll = useRetryAllTasks();
  const [asked, setAsked] = useState<number>();
  const error = asked === undefined ? (retry.error ?? retryAll.error) : retryAll.error;
  if (discarded.length + unknown.length === 0) return null;
  return (
    <Section
      title="Given up"
      text="Tasks that used up their attempts. What is unknown may have had its effect: look before you try it again."
      action={
        discarded.length > 0 && (
          <Button disabled={retryAll.isPending} onClick={() => retryAll.mutate()}>
            <RotateCcw aria-hidden size={16} />
            Try all again
          </Button>
        )
      }
    >
      {error && (
        <div className="px-4 pb-4">
          <ProblemNotice error={error} />
        </div>
      )}
      <ul aria-label="Given up" className="divide-y divide-line border-t border-line">
        {[...unknown, ...discarded].map((task) => (
          <TaskLine
            key={task.id}
            task={task}
            busy={retry.isPending || retryAll.isPending}
            onRetry={() => {
              if (task.state !== "unknown") return retry.mutate(task.id);
              retry.reset();
              setAsked(task.id);
            }}
          />
        ))}
      </ul>
      {asked !== undefined && (
        <Confirm
          title={`Try task ${asked} again?`}
          text="Its process ended in the middle of an effect that must not happen twice, such as a mail. If it did happen, it happens again."
          action="Try again"
          doing={retry}
          onConfirm={() => retry.mutate(asked, { onSuccess: () => setAsked(undefined) })}
          onClose={() => setAsked(undefined)}
        />
      )}
    </Section>
  );
}

interface LineProps {
  task: Task;
  busy: boolean;
  onRetry: () => void;
}

function TaskLine({ task: { id, kind, state, error, finished_at }, busy, onRetry }: LineProps) {
  return (
    <li className="flex items-center gap-4 px-4 py-3">
      <div className="min-w-0 flex-1 wrap-anywhere">
        <p className="font-medium">
          {kind} <span className="font-normal text-muted">#{id}</span>
        </p>
        <p className="text-danger">{error}</p>
        <p className="text-muted">
          {state === "unknown" ? "Unknown whether it happened" : "Used up its attempts"}
          {finished_at && ` · ${formatAgo(finished_at)}`}
        </p>
      </div>
      <Button disabled={busy} onClick={onRetry} aria-label={`Try task ${id} again`}>
        <RotateCcw aria-hidden size={16} />
        <span className="max-sm:hidden">Try again</span>
      </Button>
    </li>
  );
}
