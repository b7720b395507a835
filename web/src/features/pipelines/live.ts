import type { QueryClient } from "@tanstack/react-query";
import { batchesKey } from "./queries";

const LOOK_PAUSE_MS = 500; // a batch is fetched whole, so not at each step of each file

// Any change of a generation may be one of a batch that is shown.
export function followBatches(client: QueryClient): (event: { type: string }) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const refresh = (): void => {
    timer = undefined;
    void client.invalidateQueries({ queryKey: batchesKey });
  };
  return ({ type }) => {
    if (type.startsWith("generation.") || type.startsWith("pipeline."))
      timer ??= setTimeout(refresh, LOOK_PAUSE_MS);
  };
}
