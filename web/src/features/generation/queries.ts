import { useRef } from "react";
import {
  type InfiniteData,
  type QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { answered, api, randomKey } from "../../api/client";
import { asApiError } from "../../api/problem";
import type { Generation, GenerationState } from "../../api/types";

export interface NewGeneration {
  model: string;
  inputs: Record<string, unknown>;
}

export const eachKey = ["generations", "one"] as const;
export const generationKey = (id: string) => [...eachKey, id] as const;
export const listsKey = ["generations", "recent"] as const;
const PAGE_SIZE = 24;

export const isUnfinished = ({ state }: Generation): boolean =>
  state === "queued" || state === "running";

export function useModels() {
  return useQuery({
    queryKey: ["models"],
    queryFn: async ({ signal }) => (await answered(api.GET("/api/v1/models", { signal }))).data,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

// A place in the queue moves by others' work, of which no event tells. A list looks first and brings
// all of its own along, which puts off each one's own look.
export const LIST_LOOKS_AGAIN_MS = 4000;
const ONE_LOOKS_AGAIN_MS = 6000;

// Kept true by live.ts, so it is fetched once.
export function useGeneration(id: string) {
  return useQuery({
    queryKey: generationKey(id),
    queryFn: async ({ signal }) =>
      (await answered(api.GET("/api/v1/generations/{id}", { params: { path: { id } }, signal })))
        .data,
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) => (state.data?.state === "queued" ? ONE_LOOKS_AGAIN_MS : false),
  });
}

// The pages hold ids only: each generation lives in one place of the cache.
export function useGenerationIds(
  state: GenerationState | undefined,
  order: "newest" | "oldest" = "newest",
  lookAgainMs?: number,
) {
  const client = useQueryClient();
  return useInfiniteQuery({
    queryKey: [...listsKey, state, order],
    queryFn: async ({ pageParam, signal }) => {
      const query = {
        limit: PAGE_SIZE,
        order,
        ...(state && { state }),
        ...(pageParam && { cursor: pageParam }),
      };
      const { data, next_cursor } = await answered(
        api.GET("/api/v1/generations", { params: { query }, signal }),
      );
      for (const generation of data) remember(client, generation);
      return { ids: data.map(({ id }) => id), next_cursor };
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    select: (data: InfiniteData<{ ids: string[] }>) => [
      ...new Set(data.pages.flatMap(({ ids }) => ids)),
    ],
    staleTime: Number.POSITIVE_INFINITY,
    ...(lookAgainMs !== undefined && { refetchInterval: lookAgainMs }),
  });
}

// Each wish has a key, which stays until all wishes of one press are fulfilled: pressing again after a refusal or a lost
// answer starts nothing twice.
export function useCreateGenerations() {
  const client = useQueryClient();
  const keys = useRef(new Map<string, string>());
  return useMutation({
    mutationFn: async (wishes: NewGeneration[]) => {
      const made: Generation[] = [];
      const texts = wishes.map((wish) => JSON.stringify(wish));
      // One after the other: they are worked on in the order in which they arrive.
      for (const [i, wish] of wishes.entries()) {
        const equal = texts.slice(0, i).filter((text) => text === texts[i]).length;
        made.push(await create(wish, keyOf(keys.current, `${equal} ${texts[i]}`)));
      }
      keys.current.clear();
      return made;
    },
    onSuccess: (made) => {
      for (const generation of made) remember(client, generation);
    },
    onSettled: () => client.invalidateQueries({ queryKey: listsKey }),
  });
}

function keyOf(keys: Map<string, string>, wish: string): string {
  const key = keys.get(wish) ?? randomKey();
  keys.set(wish, key);
  return key;
}

async function create(body: NewGeneration, key: string): Promise<Generation> {
  const post = () =>
    api.POST("/api/v1/generations", { body, params: { header: { "Idempotency-Key": key } } });
  try {
    return (await answered(post())).data;
  } catch (error) {
    if (!asApiError(error).transient) throw error;
    return (await answered(post())).data;
  }
}

export function useCancelGeneration() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (id: string) =>
      (await answered(api.POST("/api/v1/generations/{id}/cancel", { params: { path: { id } } })))
        .data,
    onSuccess: (generation) => remember(client, generation),
    // Refused because it has just finished: show that instead.
    onError: (_error, id) => client.invalidateQueries({ queryKey: generationKey(id) }),
  });
}

export function useRetryGeneration() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (id: string) =>
      (await answered(api.POST("/api/v1/generations/{id}/retry", { params: { path: { id } } })))
        .data,
    onSuccess: (generation) => {
      client.setQueryData(generationKey(generation.id), generation);
      void client.invalidateQueries({ queryKey: listsKey });
    },
    onError: (_error, id) => client.invalidateQueries({ queryKey: generationKey(id) }),
  });
}

// An answer that was overtaken by a newer one must not bring back a finished generation: then
// nothing is written, so that one that was tried again since is still known to be out of date.
function remember(client: QueryClient, generation: Generation): void {
  client.setQueryData<Generation>(generationKey(generation.id), (known) =>
    known && !isUnfinished(known) && isUnfinished(generation) ? undefined : generation,
  );
}
