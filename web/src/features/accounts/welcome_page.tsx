import { useLocation } from "react-router";
import { AccountForm } from "./account_form";
import { DoorCard, DoorLink } from "./door_card";
import { useDoors } from "./queries";

// Where the link leads that `zoetrope serve` prints: the first administrator's.
export function WelcomePage() {
  const doors = useDoors();
  const token = useLocation().hash.slice(1); // never sent with the page's address
  return (
    <DoorCard title="Welcome to Zoetrope" doors={doors}>
      {({ local }) => {
        if (!local) return <Used />;
        if (token === "") return <Cut />;
        return (
          <AccountForm label="Make the first account" setupToken={token} next="/">
            <p className="text-muted">
              Make the first account; it is the administrator’s. What was made here until now
              becomes yours, and from then on everybody signs in.
            </p>
          </AccountForm>
        );
      }}
    </DoorCard>
  );
}

function Used() {
  return (
    <>
      <p className="text-muted">
        This link has done its work: there is an administrator already. It is good only once.
      </p>
      <p>
        <DoorLink to="/sign-in">Sign in</DoorLink>
      </p>
    </>
  );
}

function Cut() {
  return (
    <p className="text-muted">
      The address is not whole. Copy all of it, with what comes after the #, from what{" "}
      <code className="rounded-inner bg-raised px-1.5 py-0.5 text-ink">zoetrope serve</code> printed
      when it started.
    </p>
  );
}
