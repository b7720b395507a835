import { useMutation, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { accepted, api } from "../../api/client";
import type { ApiKey, Role } from "../../api/types";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/confirm";
import { Empty } from "../../ui/empty";
import { Loaded } from "../../ui/loaded";
import { Section } from "../../ui/section";
import { ApiKeyRow } from "./api_key_row";
import { NewApiKeyDialog } from "./new_api_key_dialog";
import { activityKey, apiKeysKey, useApiKeys } from "./queries";

interface Props {
  role: Role;
  onDone: (text: string) => void;
}

export function ApiKeysSection({ role, onDone }: Props) {
  const client = useQueryClient();
  const keys = useApiKeys();
  const [makes, setMakes] = useState(false);
  const [doomed, setDoomed] = useState<ApiKey | null>(null);
  const refresh = (): void => {
    for (const queryKey of [apiKeysKey, activityKey]) void client.invalidateQueries({ queryKey });
  };
  const deleting = useMutation({
    mutationFn: ({ id }: ApiKey) =>
      accepted(api.DELETE("/api/v1/api-keys/{id}", { params: { path: { id } } })),
    onSuccess: (_answer, { name }) => {
      setDoomed(null);
      onDone(`Deleted “${name}”`);
    },
    onSettled: refresh,
  });
  const begin = (): void => setMakes(true);

  return (
    <Section
      title="API keys"
      text="For programs that work in your name."
      action={
        <Button onClick={begin}>
          <Plus aria-hidden size={16} />
          Make a key
        </Button>
      }
    >
      <Loaded query={keys} rows={2}>
        {(list) =>
          list.length === 0 ? (
            <div className="border-t border-line">
              <Empty
                icon={KeyRound}
                title="No keys yet"
                text="A key lets a program use this server without your password."
              />
            </div>
          ) : (
            <ul aria-label="API keys" className="divide-y divide-line border-t border-line">
              {list.map((key) => (
                <ApiKeyRow key={key.id} apiKey={key} onDelete={() => setDoomed(key)} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {makes && <NewApiKeyDialog role={role} onMade={refresh} onClose={() => setMakes(false)} />}
      {doomed && (
        <Confirm
          title={`Delete “${doomed.name}”?`}
          text="Programs that use it are refused at once. A deleted key cannot come back."
          action="Delete the key"
          doing={deleting}
          onConfirm={() => deleting.mutate(doomed)}
          onClose={() => {
            setDoomed(null);
            deleting.reset();
          }}
        />
      )}
    </Section>
  );
}
