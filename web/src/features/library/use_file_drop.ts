import { useEffect, useState } from "react";

// Files dropped or pasted anywhere on the page. Answers whether files hover above it right now.
export function useFileDrop(onFiles: (files: File[]) => void): boolean {
  const [hovering, setHovering] = useState(false);

  useEffect(() => {
    const stop = new AbortController();
    const options = { signal: stop.signal };
    let depth = 0; // enter and leave fire for every element below the pointer
    const carriesFiles = (event: DragEvent): boolean =>
      event.dataTransfer?.types.includes("Files") ?? false;
    const take = (list: FileList | undefined): boolean => {
      if (list?.length) onFiles([...list]);
      return Boolean(list?.length);
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
        if (take(event.dataTransfer?.files)) event.preventDefault();
      },
      options,
    );
    addEventListener(
      "paste",
      (event) => {
        if (take(event.clipboardData?.files)) event.preventDefault();
      },
      options,
    );
    return () => stop.abort();
  }, [onFiles]);

  return hovering;
}
