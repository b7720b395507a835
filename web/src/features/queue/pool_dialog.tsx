import { RotateCcw } from "lucide-react";
import { useState } from "react";
import { asApiError, problemOf } from "../../api/problem";
import type { Pool, PoolSettings } from "../../api/types";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Form } from "../../ui/form";
import { ProblemNotice } from "../../ui/problem_notice";
import { TextField } from "../../ui/text_field";
import { words } from "../generation/fields";
import { useResetPool, useSizePool } from "./queries";

type Size = Exclude<keyof PoolSettings, "name">;

const fields: { key: Size; label: string; hint: string }[] = [
  { key: "size_min", label: "Fewest workers", hint: "when little waits" },
  { key: "size_desired", label: "Desired", hint: "when it fills" },
  { key: "size_max", label: "Most", hint: "when it is deep" },
  { key: "concurrency", label: "Tasks of each", hint: "at a time" },
  { key: "prefetch", label: "Held ahead", hint: "times as many" },
  { key: "tasks_per_child", label: "Engine's life", hint: "tasks, then a new one" },
];
const PLACE = "[0]."; // of the only pool that is sent

export function PoolDialog({ pool, onClose }: { pool: Pool; onClose: () => void }) {
  const sizing = useSizePool();
  const resetting = useResetPool();
  const [typed, setTyped] = useState(
    () =>
      Object.fromEntries(fields.map(({ key }) => [key, String(pool[key])])) as Record<Size, string>,
  );
  const error = sizing.error ? asApiError(sizing.error) : null;

  const size = (): void => {
    const sizes = Object.fromEntries(fields.map(({ key }) => [key, Number(typed[key])]));
    sizing.mutate({ name: pool.name, ...(sizes as Record<Size, number>) }, { onSuccess: onClose });
  };

  return (
    <Dialog title={`Workers of ${words(pool.name)}`} onClose={onClose}>
      <Form
        label={`Workers of ${words(pool.name)}`}
        fields={fields.map(({ key }) => PLACE + key)}
        submit="Size it"
        sending={sizing}
        onSubmit={size}
      >
        <div className="grid grid-cols-2 gap-3 sm:grid-cols-3">
          {fields.map(({ key, label, hint }) => (
            <TextField
              key={key}
              label={label}
              hint={hint}
              inputMode="numeric"
              value={typed[key]}
              problem={problemOf(error, PLACE + key)}
              onType={(text) => setTyped({ ...typed, [key]: text })}
            />
          ))}
        </div>
      </Form>
      {resetting.error && <ProblemNotice error={resetting.error} />}
      {!pool.configured && (
        <Button
          look="ghost"
          className="mt-2 min-h-11 w-full"
          disabled={resetting.isPending}
          onClick={() => resetting.mutate(pool.name, { onSuccess: onClose })}
        >
          <RotateCcw aria-hidden size={16} />
          As the settings say
        </Button>
      )}
    </Dialog>
  );
}
