import { type InfiniteData, useMutation, useQueryClient } from "@tanstack/react-query";
import { accepted, answered, api } from "../../api/client";
import type { User, UserChanges } from "../../api/types";
import { meKey, usersKey } from "./queries";

// Takes the user away, with everything the user owns.
export function useEraseUser({ id }: User) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => accepted(api.DELETE("/api/v1/users/{id}", { params: { path: { id } } })),
    onSuccess: () => void client.invalidateQueries({ queryKey: usersKey }),
  });
}

// Who changes themselves may be less afterwards, or out.
export function useChangeUser({ id }: User) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: UserChanges) =>
      (await answered(api.PATCH("/api/v1/users/{id}", { params: { path: { id } }, body }))).data,
    onSuccess: (changed) => {
      client.setQueryData<InfiniteData<{ data: User[] }>>(
        usersKey,
        (list) =>
          list && {
            ...list,
            pages: list.pages.map((page) => ({
              ...page,
              data: page.data.map((user) => (user.id === changed.id ? changed : user)),
            })),
          },
      );
      void client.invalidateQueries({ queryKey: meKey });
    },
  });
}
