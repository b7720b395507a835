import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { accepted, api } from "../../api/client";
import { asApiError, problemOf } from "../../api/problem";
import { Button } from "../../ui/button";
import { Form } from "../../ui/form";
import { TextField } from "../../ui/text_field";
import { DoorCard, DoorLink } from "./door_card";
import { NoDoor } from "./no_door";
import { useDoors } from "./queries";

// Where one asks for the mail whose link leads to the reset page.
export function ForgotPage() {
  const doors = useDoors();
  if (doors.data?.local) return <NoDoor />;
  return (
    <DoorCard title="Forgot your password?" doors={doors}>
      {() => (
        <>
          <AskForMail />
          <p className="text-center">
            <DoorLink to="/sign-in">Back to sign in</DoorLink>
          </p>
        </>
      )}
    </DoorCard>
  );
}

function AskForMail() {
  const [email, setEmail] = useState("");
  const asking = useMutation({
    mutationFn: () => accepted(api.POST("/api/v1/auth/password/reset", { body: { email } })),
  });
  const error = asking.error && asApiError(asking.error);
  return (
    <>
      <div role="status" className="space-y-3 empty:hidden">
        {asking.isSuccess && <OnItsWay email={email.trim()} />}
      </div>
      {asking.isSuccess ? (
        <Button className="min-h-11 w-full" onClick={() => asking.reset()}>
          Use another address
        </Button>
      ) : (
        <Form
          label="Forgot your password?"
          fields={["email"]}
          submit="Send the mail"
          sending={asking}
          onSubmit={() => asking.mutate()}
        >
          <p className="text-muted">
            You get a mail with a link, and the link lets you choose a new one.
          </p>
          <TextField
            label="E-mail"
            type="email"
            autoComplete="email"
            value={email}
            problem={problemOf(error, "email")}
            onType={setEmail}
          />
        </Form>
      )}
    </>
  );
}

// Says nothing about whether there is such an account.
function OnItsWay({ email }: { email: string }) {
  return (
    <>
      <p className="wrap-anywhere">
        If <span className="font-medium">{email}</span> has an account here, a mail is on its way.
        Its link works once, for an hour.
      </p>
      <p className="text-muted">
        Without a mail server it is not sent, but lies in the server’s data folder, under{" "}
        <code className="rounded-inner bg-raised px-1.5 py-0.5 text-ink">outbox/</code>.
      </p>
    </>
  );
}
