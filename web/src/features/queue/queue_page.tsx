import { useSearchParams } from "react-router";
import { Segmented } from "../../ui/segmented";
import { useMe } from "../accounts/queries";
import { CapacitySection } from "./capacity_section";
import { EndedList, OpenList } from "./generation_lists";
import { GivenUpSection } from "./given_up_section";
import { QueuesSection } from "./queues_section";
import { SchedulesSection } from "./schedules_section";
import { WorkersSection } from "./workers_section";

const views = [
  { value: "open", label: "Open" },
  { value: "succeeded", label: "Done" },
  { value: "failed", label: "Failed" },
] as const;
type View = (typeof views)[number]["value"];

export function QueuePage() {
  const me = useMe();
  const [params, setParams] = useSearchParams();
  const view = views.find(({ value }) => value === params.get("state"))?.value ?? "open";
  const choose = (value: View): void =>
    setParams(value === "open" ? {} : { state: value }, { replace: true });
  return (
    <div className="mx-auto max-w-240 space-y-6">
      <title>Queue · Zoetrope</title>
      <div>
        <div className="flex min-h-14 flex-wrap items-center justify-between gap-x-4 gap-y-2 pb-2">
          <h1 className="text-lg">Queue</h1>
          <Segmented legend="Show" hideLegend options={views} value={view} onChange={choose} />
        </div>
        <div className="rounded-card border border-line bg-surface">
          {view === "open" ? <OpenList /> : <EndedList key={view} state={view} />}
        </div>
      </div>
      {me.data?.role === "admin" && (
        <>
          <QueuesSection />
          <CapacitySection />
          <WorkersSection />
          <GivenUpSection />
          <SchedulesSection />
        </>
      )}
    </div>
  );
}
