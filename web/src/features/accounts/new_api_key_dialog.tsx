import { useMutation } from "@tanstack/react-query";
import { answered, api } from "../../api/client";
import type { MadeApiKey, NewApiKey, Role } from "../../api/types";
import { Button } from "../../ui/button";
import { CopyField } from "../../ui/copy_field";
import { Dialog } from "../../ui/dialog";
import { NewApiKeyForm } from "./new_api_key_form";

interface Props {
  role: Role;
  onMade: () => void;
  onClose: () => void;
}

export function NewApiKeyDialog({ role, onMade, onClose }: Props) {
  const making = useMutation({
    mutationFn: async (body: NewApiKey) =>
      (await answered(api.POST("/api/v1/api-keys", { body }))).data,
    onSuccess: onMade,
    gcTime: 0, // the key is to be in memory no longer than on the screen
  });
  return (
    <Dialog
      title={making.data ? "Your new key" : "Make an API key"}
      stays={making.data !== undefined}
      onClose={onClose}
    >
      {making.data ? (
        <Made made={making.data} onClose={onClose} />
      ) : (
        <NewApiKeyForm role={role} making={making} onMake={making.mutate} />
      )}
    </Dialog>
  );
}

function Made({ made, onClose }: { made: MadeApiKey; onClose: () => void }) {
  return (
    <div className="space-y-4">
      <p role="status" className="text-muted">
        Copy it now: it is shown only this once. Who has it can do what it is for in your name.
      </p>
      <CopyField label={made.name} value={made.key} />
      <Button look="primary" className="min-h-11 w-full" onClick={onClose}>
        Done
      </Button>
    </div>
  );
}
