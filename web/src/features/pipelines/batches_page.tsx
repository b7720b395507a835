import { Layers } from "lucide-react";
import { Link, useNavigate } from "react-router";
import { Empty } from "../../ui/empty";
import { formatAgo } from "../../ui/format";
import { Loaded } from "../../ui/loaded";
import { ProblemNotice } from "../../ui/problem_notice";
import { ProgressBar } from "../../ui/progress_bar";
import { ShowMore } from "../../ui/show_more";
import { useModels } from "../generation/queries";
import { BatchComposer } from "./batch_composer";
import { isOver, type Listed, useBatches } from "./queries";
import { StatusWord } from "./status_word";

export function BatchesPage() {
  const models = useModels();
  const navigate = useNavigate();
  return (
    <div className="grid items-start gap-6 lg:grid-cols-[22.5rem_minmax(0,1fr)]">
      <title>Batches · Zoetrope</title>
      <div className="lg:sticky lg:top-5">
        <h1 className="sr-only">Batches</h1>
        {models.isPending && <div className="skeleton h-120 rounded-card" />}
        {models.error && (
          <ProblemNotice error={models.error} onRetry={() => void models.refetch()} />
        )}
        {models.data && (
          <BatchComposer models={models.data} onStarted={(id) => void navigate(`/batches/${id}`)} />
        )}
      </div>
      <BatchList />
    </div>
  );
}

function BatchList() {
  const batches = useBatches();
  return (
    <section aria-labelledby="batches" className="min-w-0">
      <h2 id="batches" className="flex min-h-11 items-center pb-2 text-lg">
        Your batches
      </h2>
      <div className="rounded-card border border-line bg-surface">
        <Loaded query={batches} rows={3}>
          {(list) =>
            list.length === 0 ? (
              <Empty
                icon={Layers}
                title="No batch yet"
                text="Drop many photos, or a folder of them, and each becomes a model or a video of its own."
              />
            ) : (
              <ul aria-label="Batches" className="divide-y divide-line">
                {list.map((batch) => (
                  <Row key={batch.id} batch={batch} />
                ))}
              </ul>
            )
          }
        </Loaded>
        <ShowMore list={batches} />
      </div>
    </section>
  );
}

function Row({ batch }: { batch: Listed }) {
  const { id, name, files, succeeded, failed, cancelled, created_at } = batch;
  const over = succeeded + failed + cancelled;
  return (
    <li>
      <Link to={`/batches/${id}`} className="block space-y-1 px-4 py-3 hover:bg-raised">
        <span className="flex min-w-0 items-baseline gap-3">
          <span className="truncate font-medium">{titleOf(name, files)}</span>
          <span className="ml-auto shrink-0">
            <StatusWord status={batch.status} />
          </span>
        </span>
        <span className="block text-muted tabular-nums">
          {succeeded} of {files} done
          {failed > 0 && ` · ${failed} failed`} · {formatAgo(created_at)}
        </span>
        {!isOver(batch) && <ProgressBar label="Progress" value={over / files} track="bg-line" />}
      </Link>
    </li>
  );
}

export function titleOf(name: string, files: number): string {
  return files === 1 ? name : `${name} and ${files - 1} more`;
}
