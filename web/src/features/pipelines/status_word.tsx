import type { Batch } from "../../api/types";

const looks: Record<Batch["status"], { word: string; look: string }> = {
  queued: { word: "Waiting", look: "text-muted" },
  running: { word: "Running", look: "text-accent" },
  succeeded: { word: "Done", look: "text-live" },
  partial: { word: "Partly done", look: "text-danger" },
  failed: { word: "Failed", look: "text-danger" },
  cancelled: { word: "Cancelled", look: "text-muted" },
};

export function StatusWord({ status }: { status: Batch["status"] }) {
  const { word, look } = looks[status];
  return <span className={`font-medium ${look}`}>{word}</span>;
}
