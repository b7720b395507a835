import { CircleAlert, RotateCcw } from "lucide-react";
import { asApiError } from "../api/problem";
import { Button } from "./button";

interface Props {
  error: unknown;
  onRetry?: () => void;
}

// What went wrong in plain words, the reference to quote, and the way out.
export function ProblemNotice({ error, onRetry }: Props) {
  const { title, message, request_id } = asApiError(error);
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center gap-x-4 gap-y-3 rounded-card border border-line bg-surface p-4"
    >
      <CircleAlert aria-hidden className="shrink-0 text-danger" />
      <div className="min-w-0 flex-1 basis-52">
        <p className="font-medium">{title}</p>
        <p className="text-muted wrap-anywhere">{message}</p>
        {request_id && (
          <p className="mt-1 text-xs text-muted wrap-anywhere">Reference {request_id}</p>
        )}
      </div>
      {onRetry && (
        <Button onClick={onRetry}>
          <RotateCcw aria-hidden size={16} />
          Try again
        </Button>
      )}
    </div>
  );
}
