import { useCallback, useEffect, useRef, useState } from "react";
import { useSearchParams } from "react-router";
import { Button } from "../../ui/button";
import { ProblemNotice } from "../../ui/problem_notice";
import { useAsset } from "../library/queries";
import { takeHandedOver } from "../library/handed_over";
import { useFileDrop } from "../library/use_file_drop";
import { usePhotos } from "../library/use_photos";
import { Composer } from "./composer";
import { GenerationCard } from "./generation_card";
import { useModels } from "./queries";
import { Recent } from "./recent";

const SHOWN_MAX = 24;

export function CreatePage() {
  const models = useModels();
  const table = usePhotos(); // here, so that what is dropped while the page is on its way is kept
  const { addFiles } = table;
  const hovering = useFileDrop(addFiles);
  const [params, setParams] = useSearchParams();
  const offered = useAsset(params.get("photo"));
  const shown = params.get("show")?.split(",") ?? [];
  const heading = useRef<HTMLHeadingElement>(null);
  const [latest, setLatest] = useState<string>();

  const arrived = shown.find((id) => id === latest);

  useEffect(() => {
    const files = takeHandedOver();
    if (files.length > 0) addFiles(files);
  }, [addFiles]);

  // On a small screen what was just started is far below the button.
  useEffect(() => {
    if (arrived) heading.current?.focus();
  }, [arrived]);

  const show = useCallback(
    (change: (ids: string[]) => string[]) => {
      setParams(
        (old) => {
          const next = new URLSearchParams(old);
          const ids = change(old.get("show")?.split(",") ?? []).slice(0, SHOWN_MAX);
          next.delete("photo");
          if (ids.length > 0) next.set("show", ids.join(","));
          else next.delete("show");
          return next;
        },
        { replace: true },
      );
    },
    [setParams],
  );

  return (
    <div className="grid items-start gap-6 lg:grid-cols-[22.5rem_minmax(0,1fr)]">
      <title>Create · Zoetrope</title>
      <div className="lg:sticky lg:top-5">
        <h1 className="sr-only">Create</h1>
        {models.isPending && <div className="skeleton h-160 rounded-card" />}
        {models.error && (
          <ProblemNotice error={models.error} onRetry={() => void models.refetch()} />
        )}
        {models.data && (
          <Composer
            models={models.data}
            table={table}
            hovering={hovering}
            offered={offered.data}
            onMade={(made) => {
              show((ids) => [...made.map(({ id }) => id), ...ids]);
              setLatest(made[0]?.id);
            }}
          />
        )}
      </div>
      <div className="min-w-0 space-y-8">
        {shown.length > 0 && (
          <section aria-labelledby="now">
            <div className="mb-4 flex min-h-11 items-center justify-between">
              <h2 id="now" ref={heading} tabIndex={-1} className="scroll-mt-4 text-lg">
                Just made
              </h2>
              <Button look="ghost" onClick={() => show(() => [])}>
                Clear
              </Button>
            </div>
            <div className="grid gap-5 [grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr))]">
              {shown.map((id) => (
                <GenerationCard key={id} id={id} />
              ))}
            </div>
          </section>
        )}
        <Recent hidden={shown} />
      </div>
    </div>
  );
}
