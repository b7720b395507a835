import { RotateCcw } from "lucide-react";
import type { Generation } from "../../api/types";
import { Button } from "../../ui/button";
import { useRetryGeneration } from "./queries";

interface Props {
  generation: Generation;
  photo: string | undefined;
}

// Failed or cancelled: why, and the same wish once more.
export function Stopped({ generation: { id, state, error }, photo }: Props) {
  const retry = useRetryGeneration();
  return (
    <>
      {photo && (
        <img
          src={photo}
          alt=""
          className="absolute inset-0 size-full object-contain brightness-60 grayscale"
        />
      )}
      <div className="absolute inset-0 flex flex-col items-center justify-center gap-3 bg-black/65 p-6 text-center text-white">
        <p className="text-base font-medium">
          {state === "failed" ? "This did not work" : "Cancelled"}
        </p>
        {error && <p className="max-w-prose text-white/90">{error}</p>}
        {retry.error && <p role="alert">{retry.error.message}</p>}
        <Button look="primary" disabled={retry.isPending} onClick={() => retry.mutate(id)}>
          <RotateCcw aria-hidden size={16} />
          {state === "failed" ? "Try again" : "Start over"}
        </Button>
      </div>
    </>
  );
}
