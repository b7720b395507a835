import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { batchesKey, type NewBatch, startBatch } from "./queries";

// Sends a batch; leaving the page stops it, and then nothing of it was kept.
export function useStart(onStarted: (id: string) => void) {
  const client = useQueryClient();
  const [share, setShare] = useState<number | null>(null); // of the bytes; null: nothing is sent
  const [error, setError] = useState<unknown>(null);
  const stopping = useRef<AbortController>(undefined);
  useEffect(() => () => stopping.current?.abort(), []);

  const begin = async (wanted: NewBatch): Promise<void> => {
    const stop = new AbortController();
    stopping.current = stop;
    setError(null);
    setShare(0);
    try {
      const { job_id } = await startBatch(wanted, { signal: stop.signal, onProgress: setShare });
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
