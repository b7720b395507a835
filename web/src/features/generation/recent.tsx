import { Clapperboard } from "lucide-react";
import { useSearchParams } from "react-router";
import type { GenerationState } from "../../api/types";
import { Button } from "../../ui/button";
import { Empty } from "../../ui/empty";
import { ProblemNotice } from "../../ui/problem_notice";
import { Segmented } from "../../ui/segmented";
import { ShowMore } from "../../ui/show_more";
import { useGenerationIds } from "./queries";
import { RecentTile } from "./recent_tile";
import { Welcome } from "./welcome";

const filters: { value: GenerationState | "all"; label: string }[] = [
  { value: "all", label: "All" },
  { value: "succeeded", label: "Done" },
  { value: "failed", label: "Failed" },
];
const grid =
  "grid gap-4 [grid-template-columns:repeat(auto-fill,minmax(min(100%,11rem),1fr))] max-sm:grid-cols-2 max-sm:gap-3";

// Everything made so far, newest first. What is shown large above is left out.
export function Recent({ hidden }: { hidden: string[] }) {
  const [params, setParams] = useSearchParams();
  const chosen = filters.find(({ value }) => value === params.get("state"))?.value ?? "all";
  const recent = useGenerationIds(chosen === "all" ? undefined : chosen);
  const ids = recent.data?.filter((id) => !hidden.includes(id));

  const filter = (value: string): void =>
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        if (value === "all") next.delete("state");
        else next.set("state", value);
        return next;
      },
      { replace: true },
    );

  if (chosen === "all" && recent.data?.length === 0) return <Welcome />;
  if (ids?.length === 0 && chosen === "all" && !recent.hasNextPage) return null;
  return (
    <section aria-labelledby="recent">
      <div className="mb-4 flex min-h-11 items-center justify-between gap-4">
        <h2 id="recent" className="text-lg">
          Recent
        </h2>
        <Segmented legend="Show" hideLegend options={filters} value={chosen} onChange={filter} />
      </div>
      {recent.error && <ProblemNotice error={recent.error} onRetry={() => void recent.refetch()} />}
      {recent.isPending && (
        <div className={grid}>
          {Array.from({ length: 8 }, (_, index) => (
            <div key={index} className="skeleton aspect-4/3 rounded-card" />
          ))}
        </div>
      )}
      {ids?.length === 0 && (
        <Empty icon={Clapperboard} title="None of these" text="Nothing here has that state.">
          <Button onClick={() => filter("all")}>Show all</Button>
        </Empty>
      )}
      {ids && (
        <ul className={grid}>
          {ids.map((id) => (
            <RecentTile key={id} id={id} />
          ))}
        </ul>
      )}
      <ShowMore list={recent} />
    </section>
  );
}
