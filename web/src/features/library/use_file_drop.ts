import { useEffect, useState } from "react";
import { filesOf } from "./dropped_files";

// Files and folders dropped or pasted anywhere on the page; null: they are somebody else's. Answers whether files hover
// above it right now. Where people write, what they paste is a text that may also come as a picture: `dropped` leaves it.
export function useFileDrop(
  onFiles: ((files: File[]) => void) | null,
  how: "dropped or pasted" | "dropped" = "dropped or pasted",
): boolean {
  const [hovering, setHovering] = useState(false);

  useEffect(() => {
    if (!onFiles) return;
    const stop = new AbortController();
    const options = { signal: stop.signal };
    let depth = 0; // enter and leave fire for every element below the pointer
    const carriesFiles = (event: DragEvent): boolean =>
      event.dataTransfer?.types.includes("Files") ?? false;
    const take = (carried: DataTransfer | null): boolean => {
      const files = carried ? filesOf(carried) : [];
      if (files instanceof Promise) void files.then(onFiles);
      else if (files.length > 0) onFiles(files);
      return files instanceof Promise || files.length > 0;
    };

    addEventListener(
      "dragenter",
      (event) => {
        if (carriesFiles(event)) setHovering(++depth > 0);
      },
      options,
    );
    addEventListener(
      "dragleave",
      (event) => {
        if (carriesFiles(event)) setHovering(--depth > 0);
      },
      options,
    );
    addEventListener(
      "dragover",
      (event) => {
        if (carriesFiles(event)) event.preventDefault();
      },
      options,
    );
    addEventListener(
      "drop",
      (event) => {
        depth = 0;
        setHovering(false);
        if (take(event.dataTransfer)) event.preventDefault();
      },
      options,
    );
    addEventListener(
      "paste",
      (event) => {
        if (how !== "dropped" && take(event.clipboardData)) event.preventDefault();
      },
      options,
    );
    return () => {
      stop.abort();
      setHovering(false);
    };
  }, [onFiles, how]);

  return hovering;
}
