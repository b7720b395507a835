import type { QueryClient } from "@tanstack/react-query";
import type { Generation } from "../../api/types";
import { eachKey, generationKey, isUnfinished, listsKey } from "./queries";

interface GenerationEvent {
  type: string;
  subject: string;
  data: Record<string, unknown>;
}

const SETTLE_MS = 100;

// Progress is written into the cache as it comes; every other change is fetched, many at once.
export function followGenerations(client: QueryClient): (event: GenerationEvent) => void {
  const changed = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const refresh = (): void => {
    timer = undefined;
    for (const id of changed) void client.invalidateQueries({ queryKey: generationKey(id) });
    changed.clear();
    void client.invalidateQueries({ queryKey: listsKey });
  };

  return ({ type, subject, data }) => {
    if (!type.startsWith("generation.")) return;
    if (type === "generation.progress") {
      client.setQueryData<Generation>(generationKey(subject), (known) =>
        known && isUnfinished(known)
          ? { ...known, state: "running", ...progressOf(known, data) }
          : known,
      );
      return;
    }
    changed.add(subject);
    timer ??= setTimeout(refresh, SETTLE_MS);
  };
}

function progressOf(
  known: Generation,
  data: Record<string, unknown>,
): Pick<Generation, "progress" | "stage"> {
  const { progress, stage } = data;
  return {
    progress: typeof progress === "number" ? progress : known.progress,
    stage: typeof stage === "string" ? stage : known.stage,
  };
}

// For the time without events.
export function refreshUnfinished(client: QueryClient): void {
  void client.invalidateQueries({
    queryKey: eachKey,
    predicate: ({ state }) => state.data !== undefined && isUnfinished(state.data as Generation),
  });
}
