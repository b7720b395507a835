import { useCallback } from "react";
import { useLocation, useNavigate } from "react-router";
import { handOver } from "../features/library/handed_over";
import { useFileDrop } from "../features/library/use_file_drop";

const ROOMS_OF_FILES = new Set(["/", "/batches"]); // these take them by themselves

// Files dropped on any other room go to Create. Without this the browser would show the file instead
// of the studio.
export function DropAnywhere() {
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const carry = useCallback(
    (files: File[]) => {
      handOver(files);
      void navigate("/");
    },
    [navigate],
  );
  const hovering = useFileDrop(ROOMS_OF_FILES.has(pathname) ? null : carry, "dropped");
  if (!hovering) return null;
  return (
    <div className="pointer-events-none fixed inset-0 z-40 grid place-items-center bg-scrim p-6">
      <p className="rounded-card border-2 border-dashed border-accent bg-surface px-6 py-4 text-base font-medium">
        Let go to create with these photos
      </p>
    </div>
  );
}
