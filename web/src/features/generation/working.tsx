import { X } from "lucide-react";
import type { Generation } from "../../api/types";
import { formatPercent } from "../../ui/format";
import { ProgressBar } from "../../ui/progress_bar";
import { words } from "./fields";
import { useCancelGeneration } from "./queries";

interface Props {
  generation: Generation;
  photo: string | undefined;
}

// The photo gains its colours as the work goes on.
export function Working({ generation: { id, state, stage, progress, wait }, photo }: Props) {
  const cancel = useCancelGeneration();
  const remaining = `${(1 - progress) * 100}%`;
  return (
    <>
      {photo && (
        <>
          <img
            src={photo}
            alt=""
            className="absolute inset-0 size-full object-contain brightness-60 grayscale"
          />
          <img
            src={photo}
            alt=""
            className="absolute inset-0 size-full object-contain transition-[clip-path] ease-linear"
            style={{ clipPath: `inset(0 ${remaining} 0 0)` }}
          />
        </>
      )}
      <div className="absolute inset-x-0 bottom-0 bg-linear-to-t from-black/85 via-black/60 to-transparent p-4 pt-14 text-white">
        <div className="mb-2 flex items-end justify-between gap-3">
          <p className="min-w-0">
            <span className="block truncate font-medium">
              {words(stage || (wait?.reason ?? "waiting its turn"))}
            </span>
            <span className="text-white/80 tabular-nums">
              {state === "queued" ? "Queued" : formatPercent(progress)}
            </span>
          </p>
          <button
            type="button"
            disabled={cancel.isPending}
            onClick={() => cancel.mutate(id)}
            className="flex min-h-11 shrink-0 items-center gap-1.5 rounded-card bg-black/60 px-3 font-medium transition
              hover:bg-black focus-visible:outline-white disabled:opacity-60"
          >
            <X aria-hidden size={16} />
            Cancel
          </button>
        </div>
        <ProgressBar label="Progress" value={progress} />
      </div>
    </>
  );
}
