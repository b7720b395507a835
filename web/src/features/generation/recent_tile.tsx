import { Box, CircleAlert, CircleSlash, Film } from "lucide-react";
import { Link } from "react-router";
import type { Generation } from "../../api/types";
import { formatAgo, formatPercent } from "../../ui/format";
import { ProgressBar } from "../../ui/progress_bar";
import { useAsset } from "../library/queries";
import { words } from "./fields";
import { photoIdOf, pictureOf } from "./outputs";
import { useGeneration, useModels } from "./queries";

export function RecentTile({ id }: { id: string }) {
  const { data: generation } = useGeneration(id);
  if (!generation) return <li className="skeleton aspect-4/3 rounded-card" />;
  return <Tile generation={generation} />;
}

function Tile({ generation }: { generation: Generation }) {
  const photo = useAsset(photoIdOf(generation)).data;
  const model = useModels().data?.find(({ id }) => id === generation.model);
  const picture = pictureOf(generation)?.url ?? photo?.url;
  const mesh = model?.produces === "mesh";
  const Icon = mesh ? Box : Film;
  const done = generation.state === "succeeded";
  return (
    <li>
      <Link to={`/g/${generation.id}`} className="group block rounded-card">
        <div className="relative aspect-4/3 overflow-hidden rounded-card bg-radial from-surface to-stage">
          {picture && (
            <img
              src={picture}
              alt=""
              loading="lazy"
              decoding="async"
              className={`size-full transition ${mesh && done ? "object-contain p-2" : "object-cover"} group-hover:scale-103 ${done ? "" : "brightness-60 grayscale"}`}
            />
          )}
          <span className="absolute top-2 left-2 grid size-7 place-items-center rounded-full bg-scrim text-white">
            <Icon aria-hidden size={15} />
          </span>
          <State generation={generation} />
        </div>
        <p className="mt-2 truncate font-medium">{photo?.name ?? "Photo"}</p>
        <p className="truncate text-xs text-muted">
          {mesh ? "3D model" : "Video"} · {formatAgo(generation.created_at)}
        </p>
      </Link>
    </li>
  );
}

function State({ generation: { state, progress } }: { generation: Generation }) {
  if (state === "succeeded") return null;
  const Icon = state === "failed" ? CircleAlert : CircleSlash;
  const unfinished = state === "queued" || state === "running";
  return (
    <div className="absolute inset-x-0 bottom-0 space-y-1.5 bg-scrim p-2 text-xs text-white">
      <p className="flex items-center gap-1.5 tabular-nums">
        {!unfinished && <Icon aria-hidden size={14} />}
        {state === "running" ? formatPercent(progress) : words(state)}
      </p>
      {unfinished && <ProgressBar label="Progress" value={progress} />}
    </div>
  );
}
