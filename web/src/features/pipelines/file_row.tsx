import { FileX2 } from "lucide-react";
import { Link } from "react-router";
import type { BatchFile } from "../../api/types";
import { formatPercent } from "../../ui/format";
import { ProgressBar } from "../../ui/progress_bar";
import { words } from "../generation/fields";

// One file of a batch: what came in, and what became of it.
export function FileRow({ file }: { file: BatchFile }) {
  const { name, generation_id } = file;
  const body = (
    <>
      <span className="grid size-12 shrink-0 place-items-center overflow-hidden rounded-inner bg-stage text-muted">
        <Picture file={file} />
      </span>
      <span className="min-w-0 flex-1 space-y-1">
        <span className="block truncate font-medium">{name}</span>
        <How file={file} />
      </span>
    </>
  );
  const look = "flex items-center gap-4 px-4 py-3";
  return (
    <li data-file={name} data-status={file.status}>
      {generation_id ? (
        <Link to={`/g/${generation_id}`} className={`${look} hover:bg-raised`}>
          {body}
        </Link>
      ) : (
        <div className={look}>{body}</div>
      )}
    </li>
  );
}

function Picture({ file }: { file: BatchFile }) {
  const made = file.outputs.find(({ kind }) => kind === "image")?.url;
  const picture = made ?? (file.asset_id && `/api/v1/assets/${file.asset_id}/content`);
  if (!picture) return <FileX2 aria-hidden size={20} strokeWidth={1.5} />;
  return <img src={picture} alt="" loading="lazy" className="size-full object-cover" />;
}

function How({ file }: { file: BatchFile }) {
  const { status, stage, progress, wait, error, outputs } = file;
  switch (status) {
    case "running":
      return (
        <>
          <span className="block truncate text-muted tabular-nums">
            {words(stage || "beginning")} · {formatPercent(progress)}
          </span>
          <ProgressBar label="Progress" value={progress} track="bg-line" />
        </>
      );
    case "queued":
      return <span className="block truncate text-muted">{words(wait?.reason ?? "waiting")}</span>;
    case "failed":
      return <span className="block wrap-anywhere text-danger">{error}</span>;
    case "succeeded":
      return (
        <span className="block text-muted">
          {outputs.length === 1 ? "1 result" : `${outputs.length} results`}
        </span>
      );
    default:
      return <span className="block text-muted">{words(status)}</span>;
  }
}
