import { ArrowLeft, ImagePlus } from "lucide-react";
import { Link, useParams } from "react-router";
import type { Generation } from "../../api/types";
import { buttonClass } from "../../ui/button";
import { ProblemNotice } from "../../ui/problem_notice";
import { Downloads } from "./downloads";
import { Facts } from "./facts";
import { GenerationTitle } from "./generation_title";
import { Note } from "./note";
import { photoIdOf } from "./outputs";
import { useGeneration } from "./queries";
import { Stage } from "./stage";

export function GenerationPage() {
  const { id = "" } = useParams();
  const { data: generation, error, refetch } = useGeneration(id);
  return (
    <div className="mx-auto max-w-360 space-y-4">
      <title>Result · Zoetrope</title>
      <Link to="/" className={buttonClass("ghost", "-ml-3")}>
        <ArrowLeft aria-hidden size={18} />
        Create
      </Link>
      {error && !generation && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {!error && !generation && <div className="skeleton h-[72dvh] rounded-card" />}
      {generation && <Result key={id} generation={generation} />}
    </div>
  );
}

function Result({ generation }: { generation: Generation }) {
  const photoId = photoIdOf(generation);
  return (
    <div
      className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_20rem]"
      data-generation={generation.id}
    >
      <div className="aspect-4/3 max-h-[82dvh] w-full overflow-hidden rounded-card border border-line lg:aspect-video">
        <Stage generation={generation} />
      </div>
      <div className="space-y-5">
        <GenerationTitle generation={generation} as="h1" />
        <Note text={generation.note} />
        <Downloads outputs={generation.outputs} />
        <Facts generation={generation} />
        {photoId && (
          <Link to={`/?photo=${photoId}`} className={buttonClass("plain")}>
            <ImagePlus aria-hidden size={18} />
            Use this photo again
          </Link>
        )}
      </div>
    </div>
  );
}
