import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "react-router";
import { asApiError, problemOf } from "../../api/problem";
import { Form } from "../../ui/form";
import { SecretField } from "../../ui/text_field";
import { DoorFrame, DoorOn } from "./door_card";
import { EndKeysBox } from "./end_keys_box";
import { setPasswordByLink } from "./identity";

// Where the link leads of the mail for a forgotten password.
export function ResetPage() {
  const token = useLocation().hash.slice(1); // never sent with the page's address
  return token === "" ? <NoGood /> : <Reset key={token} token={token} />;
}

function Reset({ token }: { token: string }) {
  const [password, setPassword] = useState("");
  const [endsKeys, setEndsKeys] = useState(true);
  const setting = useMutation({
    mutationFn: () => setPasswordByLink(token, password, endsKeys),
  });
  const error = setting.error && asApiError(setting.error);

  if (problemOf(error, "token")) return <NoGood />;
  return (
    <DoorFrame title="Choose a new password">
      <Form
        label="Choose a new password"
        fields={["new_password"]}
        submit="Set the password"
        sending={{ isPending: setting.isPending || setting.isSuccess, error: setting.error }}
        onSubmit={() => setting.mutate()}
      >
        <p className="text-muted">Every other device is signed out then.</p>
        <SecretField
          label="New password"
          autoComplete="new-password"
          value={password}
          problem={problemOf(error, "new_password")}
          hint="At least 8 characters; a few words are best"
          onType={setPassword}
        />
        <EndKeysBox checked={endsKeys} onChange={setEndsKeys} />
      </Form>
    </DoorFrame>
  );
}

function NoGood() {
  return (
    <DoorFrame title="This link is no good any more">
      <p role="alert" className="text-muted">
        It works once, for an hour, and only as a whole.
      </p>
      <DoorOn to="/forgot">Ask for another mail</DoorOn>
    </DoorFrame>
  );
}
