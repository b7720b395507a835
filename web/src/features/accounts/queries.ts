import { type InfiniteData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { answered, api } from "../../api/client";

export const meKey = ["accounts", "me"] as const;
export const sessionsKey = ["accounts", "sessions"] as const;
export const apiKeysKey = ["accounts", "api_keys"] as const;
export const activityKey = ["accounts", "activity"] as const;
export const usersKey = ["accounts", "users"] as const;
const PAGE_SIZE = 20;

// How one gets in.
export function useDoors() {
  return useQuery({
    queryKey: ["accounts", "doors"],
    queryFn: async ({ signal }) => (await answered(api.GET("/api/v1/auth", { signal }))).data,
  });
}

export function useMe() {
  return useQuery({
    queryKey: meKey,
    queryFn: async ({ signal }) => (await answered(api.GET("/api/v1/auth/me", { signal }))).data,
    refetchOnWindowFocus: true, // an address is confirmed in another tab
  });
}

export function useSessions() {
  return useQuery({
    queryKey: sessionsKey,
    queryFn: async ({ signal }) =>
      (await answered(api.GET("/api/v1/auth/sessions", { signal }))).data,
    refetchOnWindowFocus: true, // no event tells what happens on other devices
  });
}

export function useApiKeys() {
  return useQuery({
    queryKey: apiKeysKey,
    queryFn: async ({ signal }) => (await answered(api.GET("/api/v1/api-keys", { signal }))).data,
  });
}

const ofPages = {
  initialPageParam: null as string | null,
  getNextPageParam: (page: { next_cursor: string | null }) => page.next_cursor,
};
const queryOf = (cursor: string | null) => ({ limit: PAGE_SIZE, ...(cursor && { cursor }) });
const joined = <T>(pages: InfiniteData<{ data: T[] }>): T[] =>
  pages.pages.flatMap(({ data }) => data);

// What happened to one's own account, or to everybody's.
export function useActivity(whose: "own" | "all") {
  const address = whose === "all" ? "/api/v1/admin/audit" : "/api/v1/auth/audit";
  return useInfiniteQuery({
    queryKey: [...activityKey, whose],
    queryFn: ({ pageParam, signal }) =>
      answered(api.GET(address, { params: { query: queryOf(pageParam) }, signal })),
    ...ofPages,
    select: joined,
    refetchOnWindowFocus: true,
  });
}

export function useUsers() {
  return useInfiniteQuery({
    queryKey: usersKey,
    queryFn: ({ pageParam, signal }) =>
      answered(api.GET("/api/v1/users", { params: { query: queryOf(pageParam) }, signal })),
    ...ofPages,
    select: joined,
  });
}
