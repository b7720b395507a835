import { type QueryClient, useQuery } from "@tanstack/react-query";
import { answered, api } from "../../api/client";
import type { Asset } from "../../api/types";

const assetKey = (id: string) => ["assets", id] as const;

// An asset never changes, so one answer is enough.
export function useAsset(id: string | null) {
  return useQuery({
    queryKey: assetKey(id ?? ""),
    queryFn: async ({ signal }) =>
      (
        await answered(
          api.GET("/api/v1/assets/{id}", { params: { path: { id: id ?? "" } }, signal }),
        )
      ).data,
    enabled: id !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function rememberAsset(client: QueryClient, asset: Asset): void {
  client.setQueryData(assetKey(asset.id), asset);
}
