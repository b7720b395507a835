import { useState } from "react";
import { asApiError, problemOf } from "../../api/problem";
import type { NewApiKey, Role } from "../../api/types";
import { Form } from "../../ui/form";
import { Select } from "../../ui/select";
import { TextField } from "../../ui/text_field";
import { ScopeBoxes } from "./scope_boxes";

const DAY_MS = 86_400_000;
const LIVES = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "1 year" },
  { value: "", label: "Never" },
];

interface Props {
  role: Role;
  making: { isPending: boolean; error: unknown };
  onMake: (key: NewApiKey) => void;
}

export function NewApiKeyForm({ role, making, onMake }: Props) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>([]);
  const [days, setDays] = useState("90");
  const error = making.error ? asApiError(making.error) : null;

  const make = (): void => {
    const expires_at = days
      ? new Date(Date.now() + Number(days) * DAY_MS).toISOString().replace(/\.\d+/, "")
      : null;
    onMake({ name: name.trim(), scopes, expires_at });
  };

  return (
    <Form
      label="Make an API key"
      fields={["name", "scopes", "expires_at"]}
      submit="Make the key"
      sending={making}
      onSubmit={make}
    >
      <TextField
        label="Name"
        autoComplete="off"
        placeholder="What it is used by"
        value={name}
        problem={problemOf(error, "name")}
        onType={setName}
      />
      <ScopeBoxes
        role={role}
        chosen={scopes}
        problem={problemOf(error, "scopes")}
        onChange={setScopes}
      />
      <Select
        label="Expires after"
        options={LIVES}
        value={days}
        problem={problemOf(error, "expires_at")}
        onChange={setDays}
      />
    </Form>
  );
}
