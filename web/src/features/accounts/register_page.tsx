import { useSearchParams } from "react-router";
import { AccountForm } from "./account_form";
import { DoorCard, DoorLink } from "./door_card";
import { nextOf } from "./identity";
import { NoDoor } from "./no_door";
import { useDoors } from "./queries";

export function RegisterPage() {
  const [params] = useSearchParams();
  const doors = useDoors();
  if (doors.data?.local) return <NoDoor />;
  return (
    <DoorCard title="Make an account" doors={doors}>
      {({ registration }) => (
        <>
          {registration === "closed" ? (
            <p className="text-muted">
              Only an administrator makes accounts on this server. Ask one for yours.
            </p>
          ) : (
            <AccountForm label="Make an account" next={nextOf(params)}>
              {registration === "allow_list" && (
                <p className="text-muted">
                  Only addresses on this server’s list may have an account.
                </p>
              )}
            </AccountForm>
          )}
          <p className="text-center text-muted">
            Have one already? <DoorLink to={`/sign-in?${params.toString()}`}>Sign in</DoorLink>
          </p>
        </>
      )}
    </DoorCard>
  );
}
