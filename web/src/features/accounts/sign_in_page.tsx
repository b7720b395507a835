import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useSearchParams } from "react-router";
import { asApiError, problemOf } from "../../api/problem";
import { Form } from "../../ui/form";
import { SecretField, TextField } from "../../ui/text_field";
import { DoorCard, DoorLink } from "./door_card";
import { nextOf, signIn } from "./identity";
import { NoDoor } from "./no_door";
import { useDoors, useMe } from "./queries";

export function SignInPage() {
  const [params] = useSearchParams();
  const doors = useDoors();
  const me = useMe();
  const next = nextOf(params);
  const inside = me.data?.email != null;

  useEffect(() => {
    if (inside) location.replace(next);
  }, [inside, next]);

  if (doors.data?.local) return <NoDoor />;
  return (
    <DoorCard title="Sign in" doors={doors}>
      {(open) => (
        <>
          <SignInForm next={next} />
          <div className="text-center text-muted">
            <p>
              <DoorLink to="/forgot">Forgot your password?</DoorLink>
            </p>
            {open.registration !== "closed" && (
              <p>
                New here? <DoorLink to={`/register?${params.toString()}`}>Make an account</DoorLink>
              </p>
            )}
          </div>
        </>
      )}
    </DoorCard>
  );
}

function SignInForm({ next }: { next: string }) {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const entering = useMutation({ mutationFn: () => signIn(username, password, next) });
  const error = entering.error && asApiError(entering.error);
  return (
    <Form
      label="Sign in"
      fields={["username", "password"]}
      submit="Sign in"
      sending={{ isPending: entering.isPending || entering.isSuccess, error: entering.error }}
      onSubmit={() => entering.mutate()}
    >
      <TextField
        label="Name or e-mail"
        autoComplete="username"
        value={username}
        problem={problemOf(error, "username")}
        onType={setUsername}
      />
      <SecretField
        label="Password"
        autoComplete="current-password"
        value={password}
        problem={problemOf(error, "password")}
        onType={setPassword}
      />
    </Form>
  );
}
