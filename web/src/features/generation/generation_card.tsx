import { Maximize2 } from "lucide-react";
import { Link } from "react-router";
import { buttonClass } from "../../ui/button";
import { ProblemNotice } from "../../ui/problem_notice";
import { Downloads } from "./downloads";
import { words } from "./fields";
import { GenerationTitle } from "./generation_title";
import { Note } from "./note";
import { useGeneration } from "./queries";
import { Stage } from "./stage";

export function GenerationCard({ id }: { id: string }) {
  const { data: generation, error, refetch } = useGeneration(id);
  if (error && !generation) return <ProblemNotice error={error} onRetry={() => void refetch()} />;
  return (
    <article
      data-generation={id}
      className="animate-[appear_150ms] self-start overflow-hidden rounded-card border border-line bg-surface"
    >
      <div className="aspect-4/3">
        {generation ? <Stage generation={generation} /> : <div className="skeleton size-full" />}
      </div>
      <div className="min-h-32 space-y-3 p-4">
        {generation && (
          <>
            <div className="flex items-start justify-between gap-2">
              <GenerationTitle generation={generation} />
              <Link
                to={`/g/${id}`}
                aria-label="Open on its own page"
                className={buttonClass("ghost", "-mt-2 -mr-2 shrink-0")}
              >
                <Maximize2 aria-hidden size={18} />
              </Link>
            </div>
            <p role="status" className="sr-only">
              {words(generation.state)}
            </p>
            <Note text={generation.note} />
            <Downloads outputs={generation.outputs} />
          </>
        )}
      </div>
    </article>
  );
}
