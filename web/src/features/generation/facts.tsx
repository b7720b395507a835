import type { Generation } from "../../api/types";
import { formatMoment, formatSeconds } from "../../ui/format";
import { fieldsOf } from "./fields";
import { useModels } from "./queries";

// How it was made: the settings in the words of the form, and when.
export function Facts({ generation }: { generation: Generation }) {
  const model = useModels().data?.find(({ id }) => id === generation.model);
  const { inputs, created_at, started_at, finished_at } = generation;
  const facts: [string, string][] = [];
  for (const field of model ? fieldsOf(model) : []) {
    const value = inputs[field.key] ?? field.initial;
    const shown =
      field.kind === "choice"
        ? field.options.find((option) => option.value === value)?.label
        : undefined;
    facts.push([
      field.label,
      shown ?? [value, field.kind === "number" ? field.unit : ""].join(" ").trim(),
    ]);
  }
  facts.push(["Created", formatMoment(created_at)]);
  if (started_at && finished_at)
    facts.push(["Took", formatSeconds(Date.parse(finished_at) - Date.parse(started_at))]);
  return (
    <dl className="divide-y divide-line border-y border-line">
      {facts.map(([label, value]) => (
        <div key={label} className="flex justify-between gap-4 py-2">
          <dt className="text-muted">{label}</dt>
          <dd className="text-right tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
