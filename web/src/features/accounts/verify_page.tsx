import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "react-router";
import { accepted, api } from "../../api/client";
import { asApiError, problemOf } from "../../api/problem";
import type { User } from "../../api/types";
import { ProblemNotice } from "../../ui/problem_notice";
import { DoorFrame, DoorOn } from "./door_card";
import { meKey, useMe } from "./queries";

// Where the link leads of the mail that asks whether an address is its owner's.
export function VerifyPage() {
  const token = useLocation().hash.slice(1); // never sent with the page's address
  const verifying = useVerification(token);
  const me = useMe();
  const refused = verifying.error && asApiError(verifying.error);
  const user = me.data?.email == null ? undefined : me.data;

  if (verifying.isSuccess) return <Verified user={user} />;
  if (refused && !problemOf(refused, "token"))
    return (
      <DoorFrame title="Your address">
        <ProblemNotice error={refused} onRetry={() => void verifying.refetch()} />
      </DoorFrame>
    );
  if (!refused || me.isPending)
    return (
      <DoorFrame title="Your address">
        <p role="status" className="text-muted">
          One moment…
        </p>
      </DoorFrame>
    );
  return user?.email_verified_at ? <Verified user={user} /> : <NoGood user={user} />;
}

// Sent once for each link, however often the page is drawn: the link works only once.
function useVerification(token: string) {
  const client = useQueryClient();
  return useQuery({
    queryKey: ["accounts", "verification", token],
    queryFn: async () => {
      await accepted(api.POST("/api/v1/auth/email/verify", { body: { token } }));
      void client.invalidateQueries({ queryKey: meKey });
      return true;
    },
    retry: false,
    staleTime: Infinity,
  });
}

function Verified({ user }: { user: User | undefined }) {
  return (
    <DoorFrame title="Your address is confirmed">
      <p role="status" className="text-muted wrap-anywhere">
        {user ? `Thank you, ${user.username}. ` : "Thank you. "}There is nothing more to do.
      </p>
      {user ? <DoorOn to="/">Go to Create</DoorOn> : <DoorOn to="/sign-in">Sign in</DoorOn>}
    </DoorFrame>
  );
}

function NoGood({ user }: { user: User | undefined }) {
  return (
    <DoorFrame title="This link is no good any more">
      <p role="alert" className="text-muted">
        It works once, for two days, and only as a whole. Your account page sends another mail, if
        the address is not confirmed already.
      </p>
      {user ? (
        <DoorOn to="/account">Go to your account</DoorOn>
      ) : (
        <DoorOn to="/sign-in?next=/account">Sign in</DoorOn>
      )}
    </DoorFrame>
  );
}
