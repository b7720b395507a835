import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { accepted, api } from "../../api/client";
import { asApiError } from "../../api/problem";
import type { Session } from "../../api/types";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/confirm";
import { Loaded } from "../../ui/loaded";
import { ProblemNotice } from "../../ui/problem_notice";
import { Section } from "../../ui/section";
import { EndKeysBox } from "./end_keys_box";
import { signOutEverywhere } from "./identity";
import { activityKey, sessionsKey, useSessions } from "./queries";
import { SessionRow } from "./session_row";

type Ended = Session | "others";

async function end(ended: Ended): Promise<void> {
  if (ended === "others") {
    await accepted(api.DELETE("/api/v1/auth/sessions"));
    return;
  }
  try {
    const params = { path: { id: ended.id } };
    await accepted(api.DELETE("/api/v1/auth/sessions/{id}", { params }));
  } catch (error) {
    if (asApiError(error).status !== 404) throw error; // ended already
  }
}

export function SessionsSection({ onDone }: { onDone: (text: string) => void }) {
  const client = useQueryClient();
  const sessions = useSessions();
  const [asks, setAsks] = useState(false);
  const [endsKeys, setEndsKeys] = useState(true);
  const ending = useMutation({
    mutationFn: end,
    onSuccess: (_data, ended) =>
      onDone(
        ended === "others" ? "Your other devices are signed out" : "That device is signed out",
      ),
    onSettled: () => {
      for (const queryKey of [sessionsKey, activityKey])
        void client.invalidateQueries({ queryKey });
    },
  });
  const leaving = useMutation({ mutationFn: () => signOutEverywhere(endsKeys) });
  const others = sessions.data?.filter(({ current }) => !current) ?? [];

  return (
    <Section
      title="Devices"
      text="Where you are signed in."
      action={
        <div className="flex flex-wrap gap-2">
          {others.length > 1 && (
            <Button disabled={ending.isPending} onClick={() => ending.mutate("others")}>
              Sign out all others
            </Button>
          )}
          <Button onClick={() => setAsks(true)}>Sign out everywhere</Button>
        </div>
      }
    >
      {ending.error && (
        <div className="px-4 pb-4">
          <ProblemNotice
            error={ending.error}
            onRetry={() => ending.variables && ending.mutate(ending.variables)}
          />
        </div>
      )}
      <Loaded query={sessions} rows={2}>
        {(list) => (
          <ul aria-label="Devices" className="divide-y divide-line border-t border-line">
            {list.map((session) => (
              <SessionRow
                key={session.id}
                session={session}
                busy={ending.isPending}
                onEnd={() => ending.mutate(session)}
              />
            ))}
          </ul>
        )}
      </Loaded>
      {asks && (
        <Confirm
          title="Sign out everywhere?"
          text="Every device is signed out, this one too."
          action="Sign out everywhere"
          doing={leaving}
          onConfirm={() => leaving.mutate()}
          onClose={() => setAsks(false)}
        >
          <EndKeysBox checked={endsKeys} onChange={setEndsKeys} />
        </Confirm>
      )}
    </Section>
  );
}
