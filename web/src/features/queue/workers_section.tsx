import type { Worker } from "../../api/types";
import { formatAgo } from "../../ui/format";
import { Loaded } from "../../ui/loaded";
import { Section } from "../../ui/section";
import { useWorkers } from "./queries";

// Programs on other machines that serve models of their own; none, and there is nothing to see.
export function WorkersSection() {
  const workers = useWorkers();
  if (workers.data?.length === 0) return null;
  return (
    <Section title="Remote workers" text="Other machines, which serve models of their own.">
      <Loaded query={workers} rows={1}>
        {(list) => (
          <ul aria-label="Remote workers" className="divide-y divide-line border-t border-line">
            {list.map((worker) => (
              <Line key={worker.id} worker={worker} />
            ))}
          </ul>
        )}
      </Loaded>
    </Section>
  );
}

function Line({ worker }: { worker: Worker }) {
  const { name, alive, running, capacity, region, device, models, heartbeat_at } = worker;
  const facts = [region, device?.device, models.join(", ")].filter(Boolean);
  return (
    <li className="px-4 py-3">
      <p className="flex items-center gap-2 font-medium">
        <span aria-hidden className={`size-2 rounded-full ${alive ? "bg-live" : "bg-danger"}`} />
        {name}
      </p>
      <p className="text-muted tabular-nums">
        {alive ? `${running} of ${capacity} running` : `silent since ${formatAgo(heartbeat_at)}`}
      </p>
      <p className="wrap-anywhere text-muted">{facts.join(" · ")}</p>
    </li>
  );
}
