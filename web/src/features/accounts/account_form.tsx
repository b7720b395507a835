import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Link } from "react-router";
import { accepted, api } from "../../api/client";
import { asApiError, problemOf } from "../../api/problem";
import type { NewAccount } from "../../api/types";
import { buttonClass } from "../../ui/button";
import { Form } from "../../ui/form";
import { ProblemNotice } from "../../ui/problem_notice";
import { SecretField, TextField } from "../../ui/text_field";
import { signIn } from "./identity";

interface Props {
  label: string;
  setupToken?: string;
  next: string;
  children?: ReactNode; // what to know before
}

// A new account, whose owner is signed in at once.
export function AccountForm({ label, setupToken, next, children }: Props) {
  const [draft, setDraft] = useState<NewAccount>({ email: "", username: "", password: "" });
  const entering = useMutation({
    mutationFn: ({ username, password }: NewAccount) => signIn(username.trim(), password, next),
  });
  const registering = useMutation({
    mutationFn: (body: NewAccount) => accepted(api.POST("/api/v1/auth/register", { body })),
    onSuccess: (_answer, sent) => entering.mutate(sent),
  });
  const error = registering.error && asApiError(registering.error);
  const type = (change: Partial<NewAccount>): void => setDraft((old) => ({ ...old, ...change }));

  if (entering.error) {
    return (
      <div className="space-y-4">
        <p>Your account is made, but you are not signed in yet.</p>
        <ProblemNotice error={entering.error} />
        <Link to="/sign-in" className={buttonClass("primary", "min-h-11 w-full")}>
          Sign in
        </Link>
      </div>
    );
  }
  return (
    <Form
      label={label}
      fields={["email", "username", "password"]}
      submit={label}
      sending={{
        isPending: registering.isPending || registering.isSuccess,
        error: registering.error,
      }}
      onSubmit={() =>
        registering.mutate({ ...draft, ...(setupToken && { setup_token: setupToken }) })
      }
    >
      {children}
      <TextField
        label="E-mail"
        type="email"
        autoComplete="email"
        value={draft.email}
        problem={problemOf(error, "email")}
        onType={(email) => type({ email })}
      />
      <TextField
        label="Name"
        autoComplete="username"
        value={draft.username}
        problem={problemOf(error, "username")}
        hint="Letters, digits, dots, hyphens and underscores"
        onType={(username) => type({ username })}
      />
      <SecretField
        label="Password"
        autoComplete="new-password"
        value={draft.password}
        problem={problemOf(error, "password")}
        hint="At least 8 characters; a few words are best"
        onType={(password) => type({ password })}
      />
    </Form>
  );
}
