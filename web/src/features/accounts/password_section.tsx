import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { accepted, api } from "../../api/client";
import { asApiError, problemOf } from "../../api/problem";
import type { PasswordChange } from "../../api/types";
import { Form } from "../../ui/form";
import { Section } from "../../ui/section";
import { SecretField } from "../../ui/text_field";
import { EndKeysBox } from "./end_keys_box";
import { activityKey, apiKeysKey, sessionsKey } from "./queries";

const NOTHING = { current_password: "", new_password: "", end_api_keys: false };

export function PasswordSection({ username }: { username: string }) {
  const client = useQueryClient();
  const [draft, setDraft] = useState(NOTHING);
  const changing = useMutation({
    mutationFn: (body: PasswordChange) => accepted(api.POST("/api/v1/auth/password", { body })),
    onSuccess: () => {
      setDraft(NOTHING);
      for (const queryKey of [sessionsKey, apiKeysKey, activityKey])
        void client.invalidateQueries({ queryKey });
    },
  });
  const error = changing.error && asApiError(changing.error);
  const type = (change: Partial<typeof NOTHING>): void =>
    setDraft((old) => ({ ...old, ...change }));

  return (
    <Section title="Password" text="Changing it signs your other devices out.">
      <div className="px-4 pb-4">
        <Form
          label="Change the password"
          fields={["current_password", "new_password"]}
          submit="Change the password"
          sending={changing}
          onSubmit={() => changing.mutate(draft)}
        >
          {/* for password managers */}
          <input hidden readOnly type="text" autoComplete="username" value={username} />
          <SecretField
            label="Current password"
            autoComplete="current-password"
            value={draft.current_password}
            problem={problemOf(error, "current_password")}
            onType={(current_password) => type({ current_password })}
          />
          <SecretField
            label="New password"
            autoComplete="new-password"
            value={draft.new_password}
            problem={problemOf(error, "new_password")}
            hint="At least 8 characters; a few words are best"
            onType={(new_password) => type({ new_password })}
          />
          <EndKeysBox
            checked={draft.end_api_keys}
            onChange={(end_api_keys) => type({ end_api_keys })}
          />
        </Form>
        <p role="status" className="mt-3 text-live empty:hidden">
          {changing.isSuccess && "Your password is changed. Other devices are signed out."}
        </p>
      </div>
    </Section>
  );
}
