import { ArrowLeft, Download, RotateCcw, X } from "lucide-react";
import { Link, useParams } from "react-router";
import type { Batch } from "../../api/types";
import { Button, buttonClass } from "../../ui/button";
import { formatAgo, formatPercent } from "../../ui/format";
import { ProblemNotice } from "../../ui/problem_notice";
import { ProgressBar } from "../../ui/progress_bar";
import { useModels } from "../generation/queries";
import { titleOf } from "./batches_page";
import { FileRow } from "./file_row";
import { isOver, useBatch, useCancelBatch, useRetryBatch } from "./queries";
import { StatusWord } from "./status_word";

export function BatchPage() {
  const { id = "" } = useParams();
  const batch = useBatch(id);
  return (
    <div className="mx-auto max-w-240 space-y-4">
      <Link to="/batches" className={buttonClass("ghost")}>
        <ArrowLeft aria-hidden size={16} />
        Batches
      </Link>
      {batch.isPending && <div className="skeleton h-80 rounded-card" />}
      {batch.error && <ProblemNotice error={batch.error} onRetry={() => void batch.refetch()} />}
      {batch.data && <Shown batch={batch.data} />}
    </div>
  );
}

function Shown({ batch }: { batch: Batch }) {
  const model = useModels().data?.find(({ id }) => id === batch.model);
  const title = titleOf(batch.files[0]?.name ?? "Batch", batch.files.length);
  return (
    <>
      <title>{`${title} · Zoetrope`}</title>
      <section aria-labelledby="batch" className="rounded-card border border-line bg-surface">
        <div className="space-y-3 p-4">
          <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
            <div className="min-w-0">
              <h1 id="batch" className="text-lg wrap-anywhere">
                {title}
              </h1>
              <p className="text-muted">
                {model?.name ?? batch.model} · {formatAgo(batch.created_at)}
              </p>
            </div>
            <Actions batch={batch} />
          </div>
          <How batch={batch} />
        </div>
        <ul aria-label="Files" className="divide-y divide-line border-t border-line">
          {batch.files.map((file) => (
            <FileRow key={file.file_id} file={file} />
          ))}
        </ul>
      </section>
    </>
  );
}

function How({ batch }: { batch: Batch }) {
  const { status, files, progress, position, eta_seconds } = batch;
  const done = files.filter((file) => file.status === "succeeded").length;
  const failed = files.filter((file) => file.status === "failed").length;
  const facts = [
    `${done} of ${files.length} done`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(isOver(batch) ? [] : [formatPercent(progress)]),
    ...(status === "queued" && position !== null ? [`number ${position} in the queue`] : []),
    ...(eta_seconds !== null ? [`about ${durationOf(eta_seconds)} left`] : []),
  ];
  return (
    <div className="space-y-2">
      <p role="status" className="tabular-nums">
        <StatusWord status={status} /> <span className="text-muted">· {facts.join(" · ")}</span>
      </p>
      <ProgressBar label="Progress of the batch" value={progress} track="bg-line" />
    </div>
  );
}

function durationOf(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function Actions({ batch }: { batch: Batch }) {
  const cancel = useCancelBatch();
  const retry = useRetryBatch();
  const again = batch.files.filter(
    ({ status, generation_id }) =>
      generation_id !== null && (status === "failed" || status === "cancelled"),
  ).length;
  const made = batch.files.some(({ outputs }) => outputs.length > 0);
  return (
    <div className="flex flex-wrap gap-2">
      {!isOver(batch) && (
        <Button disabled={cancel.isPending} onClick={() => cancel.mutate(batch.job_id)}>
          <X aria-hidden size={16} />
          Cancel
        </Button>
      )}
      {again > 0 && (
        <Button disabled={retry.isPending} onClick={() => retry.mutate(batch.job_id)}>
          <RotateCcw aria-hidden size={16} />
          {again === 1 ? "Try 1 again" : `Try ${again} again`}
        </Button>
      )}
      {made && (
        <a
          href={`/api/v1/status/${batch.job_id}/download`}
          download
          className={buttonClass("primary")}
        >
          <Download aria-hidden size={16} />
          Download all
        </a>
      )}
    </div>
  );
}
