import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useLocation } from "react-router";
import { asApiError } from "../../api/problem";
import { openLocally } from "../../api/session";
import { ProblemNotice } from "../../ui/problem_notice";
import { DoorCard, DoorLink } from "./door_card";
import { HowToOpen } from "./how_to_open";
import { useDoors } from "./queries";

// Where the link leads that `zoetrope serve` prints while there are no accounts: into the studio.
export function OpenPage() {
  const doors = useDoors();
  const token = useLocation().hash.slice(1); // never sent with the page's address
  return (
    <DoorCard title="Opening the studio" doors={doors}>
      {({ local }) => {
        if (!local) return <Accounts />;
        if (token === "") return <HowToOpen />;
        return <Opening token={token} />;
      }}
    </DoorCard>
  );
}

function Opening({ token }: { token: string }) {
  const opening = useQuery({
    queryKey: ["accounts", "opening", token],
    queryFn: () => openLocally(token),
    retry: false,
    staleTime: Infinity,
  });

  useEffect(() => {
    if (opening.isSuccess) location.replace("/");
  }, [opening.isSuccess]);

  if (!opening.error)
    return (
      <p role="status" className="text-muted">
        One moment…
      </p>
    );
  const error = asApiError(opening.error);
  return (
    <>
      <ProblemNotice error={error} onRetry={() => void opening.refetch()} />
      {error.status === 403 && <HowToOpen />}
    </>
  );
}

function Accounts() {
  return (
    <>
      <p className="text-muted">This link has done its work: there are accounts now.</p>
      <p>
        <DoorLink to="/sign-in">Sign in</DoorLink>
      </p>
    </>
  );
}
