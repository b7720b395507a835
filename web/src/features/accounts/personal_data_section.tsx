import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { asApiError, problemOf } from "../../api/problem";
import { Button, buttonClass } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Form } from "../../ui/form";
import { Section } from "../../ui/section";
import { SecretField } from "../../ui/text_field";
import { eraseAccount } from "./identity";

export function PersonalDataSection({ username }: { username: string }) {
  const [asked, setAsked] = useState(false);
  return (
    <Section
      title="Your data"
      text="Every photo, video, model and todo of yours, as one file that you can keep."
    >
      <div className="flex flex-wrap gap-2 px-4 pb-4">
        <a href="/api/v1/auth/export" download className={buttonClass("plain")}>
          <Download aria-hidden size={16} />
          Download everything
        </a>
        <Button look="ghost" className="text-danger!" onClick={() => setAsked(true)}>
          Delete the account
        </Button>
      </div>
      {asked && <EraseDialog username={username} onClose={() => setAsked(false)} />}
    </Section>
  );
}

interface Props {
  username: string;
  onClose: () => void;
}

function EraseDialog({ username, onClose }: Props) {
  const [password, setPassword] = useState("");
  const erasing = useMutation({ mutationFn: eraseAccount });
  const error = erasing.error && asApiError(erasing.error);
  return (
    <Dialog title="Delete your account?" onClose={onClose}>
      <div className="space-y-4">
        <p className="text-muted">
          You are signed out everywhere, and everything that you uploaded or made here goes with the
          account. There is no way back.
        </p>
        <Form
          label="Delete the account"
          fields={["password"]}
          submit="Delete everything"
          sending={erasing}
          onSubmit={() => erasing.mutate(password)}
        >
          {/* for password managers */}
          <input hidden readOnly type="text" autoComplete="username" value={username} />
          <SecretField
            label="Password"
            autoComplete="current-password"
            value={password}
            problem={problemOf(error, "password")}
            onType={setPassword}
          />
        </Form>
      </div>
    </Dialog>
  );
}
