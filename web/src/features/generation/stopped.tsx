import { RotateCcw } from "lucide-react";
import type { Generation } from "../../api/types";
import { Button } from "../../ui/button";
import { useCreateGenerations } from "./queries";

interface Props {
  generation: Generation;
  photo: string | undefined;
  onAgain: (made: Generation) => void;
}

// Failed or cancelled: why, and the same wish once more.
export function Stopped({ generation: { model, inputs, state, error }, photo, onAgain }: Props) {
  const creating = useCreateGenerations();
  const again = (): void =>
    creating.mutate([{ model, inputs }], {
      onSuccess: ([made]) => {
        if (made) onAgain(made);
      },
    });
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
        {creating.error && <p role="alert">{creating.error.message}</p>}
        <Button look="primary" disabled={creating.isPending} onClick={again}>
          <RotateCcw aria-hidden size={16} />
          {state === "failed" ? "Try again" : "Start over"}
        </Button>
      </div>
    </>
  );
}
