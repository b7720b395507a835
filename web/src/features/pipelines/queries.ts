import {
  type InfiniteData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { answered, api } from "../../api/client";
import type { Batch } from "../../api/types";
import { sendForm } from "../library/upload";

export const batchesKey = ["batches"] as const;
export const batchKey = (id: string) => [...batchesKey, "one", id] as const;
const listKey = [...batchesKey, "list"] as const;
const PAGE_SIZE = 24;
const LOOKS_AGAIN_MS = 4000; // a place in the queue moves by others' work, of which no event tells

export const isOver = ({ finished_at }: { finished_at: string | null }): boolean =>
  finished_at !== null;

// Kept true by live.ts.
export function useBatch(id: string) {
  return useQuery({
    queryKey: batchKey(id),
    queryFn: async ({ signal }) => {
      const params = { path: { job_id: Number(id) } };
      return (await answered(api.GET("/api/v1/status/{job_id}", { params, signal }))).data;
    },
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) => (state.data && isOver(state.data) ? false : LOOKS_AGAIN_MS),
  });
}

export function useBatches() {
  return useInfiniteQuery({
    queryKey: listKey,
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: PAGE_SIZE, ...(pageParam && { cursor: Number(pageParam) }) };
      return answered(api.GET("/api/v1/pipelines", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    select: (data: InfiniteData<{ data: Listed[] }>) => data.pages.flatMap((page) => page.data),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export type Listed = Awaited<ReturnType<typeof listed>>[number];
const listed = async () => (await answered(api.GET("/api/v1/pipelines"))).data;

export interface NewBatch {
  model: string;
  inputs: Record<string, unknown>;
  files: readonly File[];
}

// One key for the wish, so that sending it again after a lost answer starts nothing twice.
export async function startBatch(
  { model, inputs, files }: NewBatch,
  options: { signal: AbortSignal; onProgress: (share: number) => void; key: string },
): Promise<{ job_id: string }> {
  const form = new FormData();
  form.append("model", model);
  form.append("inputs", JSON.stringify(inputs));
  for (const file of files) form.append("files", file);
  return sendForm("/api/v1/upload/batch", form, 202, options);
}

function useBatchAction(act: (id: string) => Promise<Batch>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (batch) => client.setQueryData(batchKey(batch.job_id), batch),
    // Refused because it is over, or runs again: show that instead.
    onError: (_error, id) => client.invalidateQueries({ queryKey: batchKey(id) }),
  });
}

const pathOf = (id: string) => ({ params: { path: { job_id: Number(id) } } });

export const useCancelBatch = () =>
  useBatchAction(
    async (id) => (await answered(api.POST("/api/v1/status/{job_id}/cancel", pathOf(id)))).data,
  );

export const useRetryBatch = () =>
  useBatchAction(
    async (id) => (await answered(api.POST("/api/v1/status/{job_id}/retry", pathOf(id)))).data,
  );
