import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "../../api/client";
import type { PoolSettings, Queue } from "../../api/types";

export const queuesKey = ["queues"] as const;
const poolsKey = ["pools"] as const;
const schedulesKey = ["schedules"] as const;
export const givenUpKey = ["tasks", "discarded"] as const;

const LOOK_AGAIN_MS = 5000; // no event tells how far others have come

export function useQueues() {
  return useQuery({
    queryKey: queuesKey,
    queryFn: async ({ signal }) =>
      (await answered(api.GET("/api/v1/admin/queues", { signal }))).data,
    refetchInterval: LOOK_AGAIN_MS,
  });
}

export function usePauseQueue() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ name, paused_at }: Queue) => {
      const params = { path: { name } };
      const call = paused_at
        ? api.POST("/api/v1/admin/queues/{name}/resume", { params })
        : api.POST("/api/v1/admin/queues/{name}/pause", { params });
      return (await answered(call)).data;
    },
    onSettled: () => client.invalidateQueries(),
  });
}

export function usePools() {
  return useQuery({
    queryKey: poolsKey,
    queryFn: async ({ signal }) =>
      (await answered(api.GET("/api/v1/admin/pools", { signal }))).data,
    refetchInterval: LOOK_AGAIN_MS,
  });
}

export function useCapacity() {
  return useQuery({
    queryKey: ["capacity"],
    queryFn: async ({ signal }) =>
      (await answered(api.GET("/api/v1/admin/capacity", { signal }))).data,
    refetchInterval: LOOK_AGAIN_MS,
  });
}

export function useSizePool() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (pool: PoolSettings) =>
      (await answered(api.PUT("/api/v1/admin/pools", { body: [pool] }))).data,
    onSuccess: (pools) => client.setQueryData(poolsKey, pools),
  });
}

export function useResetPool() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (name: string) => {
      const params = { path: { name } };
      return (await answered(api.DELETE("/api/v1/admin/pools/{name}", { params }))).data;
    },
    onSuccess: (pools) => client.setQueryData(poolsKey, pools),
  });
}

export function useWorkers() {
  return useQuery({
    queryKey: ["workers"],
    queryFn: async ({ signal }) => (await answered(api.GET("/api/v1/workers", { signal }))).data,
    refetchInterval: LOOK_AGAIN_MS,
  });
}

export function useSchedules() {
  return useQuery({
    queryKey: schedulesKey,
    queryFn: async ({ signal }) =>
      (await answered(api.GET("/api/v1/admin/schedules", { signal }))).data,
  });
}

export function useSchedule() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ name, cron }: { name: string; cron: string | null }) => {
      const params = { path: { name } };
      const call = api.PUT("/api/v1/admin/schedules/{name}", { params, body: { cron } });
      return (await answered(call)).data;
    },
    onSuccess: () => client.invalidateQueries({ queryKey: schedulesKey }),
  });
}

// Tasks whose attempts ran out, and those of which nobody knows whether they had their effect.
export function useGivenUp(state: "discarded" | "unknown") {
  return useQuery({
    queryKey: [...givenUpKey, state],
    queryFn: async ({ signal }) =>
      (await answered(api.GET("/api/v1/admin/tasks", { params: { query: { state } }, signal })))
        .data,
    refetchInterval: LOOK_AGAIN_MS,
  });
}

export function useRetryTask() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (id: number) =>
      (await answered(api.POST("/api/v1/admin/tasks/{id}/retry", { params: { path: { id } } })))
        .data,
    onSettled: () => client.invalidateQueries(),
  });
}

export function useRetryAllTasks() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async () =>
      (await answered(api.POST("/api/v1/admin/tasks/retry", { body: { limit: 1000 } }))).data,
    onSettled: () => client.invalidateQueries(),
  });
}
