import { RotateCcw, X } from "lucide-react";
import { Link } from "react-router";
import type { Generation } from "../../api/types";
import { Button } from "../../ui/button";
import { formatAgo, formatPercent, formatSeconds } from "../../ui/format";
import { ProgressBar } from "../../ui/progress_bar";
import { words } from "../generation/fields";
import { photoIdOf, pictureOf } from "../generation/outputs";
import {
  isUnfinished,
  useCancelGeneration,
  useGeneration,
  useModels,
  useRetryGeneration,
} from "../generation/queries";
import { useAsset } from "../library/queries";

export function QueueRow({ id }: { id: string }) {
  const { data: generation } = useGeneration(id);
  if (!generation) return <li className="skeleton h-20" />;
  return <Row generation={generation} />;
}

function Row({ generation }: { generation: Generation }) {
  const photo = useAsset(photoIdOf(generation)).data;
  const model = useModels().data?.find(({ id }) => id === generation.model);
  const picture = pictureOf(generation)?.url ?? photo?.url;
  const name = photo?.name ?? "Photo";
  return (
    <li className="flex items-center gap-4 px-4 py-3" data-generation={generation.id}>
      <Link
        to={`/g/${generation.id}`}
        aria-label={`Open ${name}`}
        className="size-14 shrink-0 overflow-hidden rounded-inner bg-stage"
      >
        {picture && <img src={picture} alt="" loading="lazy" className="size-full object-cover" />}
      </Link>
      <div className="min-w-0 flex-1 space-y-1">
        <p className="flex min-w-0 gap-2">
          <span className="truncate font-medium">{name}</span>
          <span className="shrink-0 text-muted">{model?.name}</span>
        </p>
        <How generation={generation} />
      </div>
      <Action generation={generation} name={name} />
    </li>
  );
}

// Where it stands, in a line.
function How({ generation }: { generation: Generation }) {
  const { state, stage, progress, wait, error, started_at, finished_at } = generation;
  if (state === "running") {
    const left = timeLeft(started_at, progress);
    return (
      <>
        <p className="truncate text-muted tabular-nums">
          {words(stage || "beginning")} · {formatPercent(progress)}
          {left !== null && ` · about ${left} left`}
        </p>
        <ProgressBar label="Progress" value={progress} track="bg-line" />
      </>
    );
  }
  if (state === "queued")
    return <p className="text-muted">{words(wait?.reason ?? "waiting its turn")}</p>;
  if (state === "failed") return <p className="wrap-anywhere text-danger">{error}</p>;
  return (
    <p className="text-muted">
      {started_at && finished_at
        ? `Took ${formatSeconds(Date.parse(finished_at) - Date.parse(started_at))} · ${formatAgo(finished_at)}`
        : words(state)}
    </p>
  );
}

const TOLD_FROM = 0.1; // before that much is done a guess is worth nothing

function timeLeft(started_at: string | null, progress: number): string | null {
  if (!started_at || progress < TOLD_FROM) return null;
  const gone_s = (Date.now() - Date.parse(started_at)) / 1000;
  const left_s = Math.ceil((gone_s / progress) * (1 - progress));
  return left_s < 60 ? `${left_s} s` : `${Math.ceil(left_s / 60)} min`;
}

function Action({ generation, name }: { generation: Generation; name: string }) {
  const cancel = useCancelGeneration();
  const retry = useRetryGeneration();
  if (isUnfinished(generation))
    return (
      <Button
        disabled={cancel.isPending}
        onClick={() => cancel.mutate(generation.id)}
        aria-label={`Cancel ${name}`}
      >
        <X aria-hidden size={16} />
        <span className="max-sm:hidden">Cancel</span>
      </Button>
    );
  if (generation.state === "succeeded") return null;
  return (
    <Button
      disabled={retry.isPending}
      onClick={() => retry.mutate(generation.id)}
      aria-label={`Try ${name} again`}
    >
      <RotateCcw aria-hidden size={16} />
      <span className="max-sm:hidden">Try again</span>
    </Button>
  );
}
