import { Info } from "lucide-react";

export function Note({ text }: { text: string | null | undefined }) {
  if (!text) return null;
  return (
    <p className="flex items-start gap-2 rounded-card bg-raised px-3 py-2">
      <Info aria-hidden size={16} className="mt-0.5 shrink-0 text-muted" />
      {text}
    </p>
  );
}
