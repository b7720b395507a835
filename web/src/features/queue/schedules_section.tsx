import { CalendarClock } from "lucide-react";
import { useState } from "react";
import { asApiError, problemOf } from "../../api/problem";
import type { Schedule } from "../../api/types";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Form } from "../../ui/form";
import { formatMoment } from "../../ui/format";
import { Loaded } from "../../ui/loaded";
import { Section } from "../../ui/section";
import { TextField } from "../../ui/text_field";
import { words } from "../generation/fields";
import { useSchedule, useSchedules } from "./queries";

const titleOf = (name: string): string => words(name.replace(".", ": "));

// What the house does again and again, and when next.
export function SchedulesSection() {
  const schedules = useSchedules();
  const [moved, setMoved] = useState<Schedule>();
  return (
    <Section title="Schedules" text="What the server does again and again.">
      <Loaded query={schedules} rows={3}>
        {(list) => (
          <ul aria-label="Schedules" className="divide-y divide-line border-t border-line">
            {list.map((schedule) => (
              <li key={schedule.name} className="flex items-center gap-4 px-4 py-3">
                <div className="min-w-0 flex-1">
                  <p className="font-medium">{titleOf(schedule.name)}</p>
                  <p className="text-muted tabular-nums">
                    {rhythmOf(schedule)} · next {formatMoment(schedule.next_run_at)}
                  </p>
                </div>
                <Button
                  onClick={() => setMoved(schedule)}
                  aria-label={`Move ${titleOf(schedule.name)}`}
                >
                  <CalendarClock aria-hidden size={16} />
                  <span className="max-sm:hidden">Move</span>
                </Button>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {moved && <MoveDialog schedule={moved} onClose={() => setMoved(undefined)} />}
    </Section>
  );
}

function rhythmOf({ cron, interval_us }: Schedule): string {
  if (cron !== null) return cron;
  const minutes = Math.round(interval_us / 60e6);
  if (minutes === 60) return "every hour";
  return minutes % 60 === 0 ? `every ${minutes / 60} hours` : `every ${minutes} minutes`;
}

function MoveDialog({ schedule, onClose }: { schedule: Schedule; onClose: () => void }) {
  const [cron, setCron] = useState(schedule.cron ?? "");
  const moving = useSchedule();
  const title = titleOf(schedule.name);
  const move = (): void =>
    moving.mutate({ name: schedule.name, cron: cron.trim() || null }, { onSuccess: onClose });
  return (
    <Dialog title={title} onClose={onClose}>
      <Form label={title} fields={["cron"]} submit="Move it" sending={moving} onSubmit={move}>
        <TextField
          label="When (cron, UTC)"
          hint="30 3 * * * is half past three each night; empty: as the server does by itself"
          value={cron}
          problem={problemOf(moving.error ? asApiError(moving.error) : null, "cron")}
          onType={setCron}
        />
      </Form>
    </Dialog>
  );
}
