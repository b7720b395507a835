import { randomKey } from "../../api/client";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { batchesKey, type NewBatch, startBatch } from "./queries";

// Sends a batch; leaving the page stops it, and then nothing of it was kept.
export function useStart(onStarted: (id: string) => void) {
  const client = useQueryClient();
  const [share, setShare] = useState<number | null>(null); // of the bytes; null: nothing is sent
  const [error, setError] = useState<unknown>(null);
  const tried = useRef({ what: "", key: "" });
  const stopping = useRef<AbortController>(undefined);
  useEffect(() => () => stopping.current?.abort(), []);

  const begin = async (wanted: NewBatch): Promise<void> => {
    const stop = new AbortController();
    stopping.current = stop;
    // Start pressed again after a lost answer sends the same key, so that the batch is not started twice.
    const what = nameOf(wanted);
    if (tried.current.what !== what) tried.current = { what, key: randomKey() };
    setError(null);
    setShare(0);
    try {
      const { job_id } = await startBatch(wanted, {
        signal: stop.signal,
        onProgress: setShare,
        key: tried.current.key,
      });
      tried.current = { what: "", key: "" };
      void client.invalidateQueries({ queryKey: batchesKey });
      onStarted(job_id);
    } catch (failed) {
      if (!stop.signal.aborted) setError(failed);
    } finally {
      setShare(null);
    }
  };

  return {
    begin: (wanted: NewBatch) => void begin(wanted),
    stop: () => stopping.current?.abort(),
    sending: share !== null,
    share: share ?? 0,
    error,
  };
}

function nameOf({ model, inputs, files }: NewBatch): string {
  return JSON.stringify([
    model,
    inputs,
    files.map(({ name, size, lastModified, webkitRelativePath: path }) => [
      path || name,
      size,
      lastModified,
    ]),
  ]);
}
