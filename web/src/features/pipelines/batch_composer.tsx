import { FolderOpen, Images, Sparkles, X } from "lucide-react";
import { type FormEvent, useCallback, useState } from "react";
import type { Model } from "../../api/types";
import { Button } from "../../ui/button";
import { formatBytes, formatPercent } from "../../ui/format";
import { ProblemNotice } from "../../ui/problem_notice";
import { ProgressBar } from "../../ui/progress_bar";
import { RecipeOptions } from "../generation/recipe_options";
import { type Make, useRecipe } from "../generation/use_recipe";
import { picturesOf } from "../library/dropped_files";
import { useFileDrop } from "../library/use_file_drop";
import { FilePicker } from "./file_picker";
import { useStart } from "./use_start";

interface Props {
  models: Model[];
  onStarted: (id: string) => void;
}

const makes: { value: Make; label: string }[] = [
  { value: "mesh", label: "3D" },
  { value: "video", label: "Video" },
];

export function BatchComposer({ models, onStarted }: Props) {
  const [files, setFiles] = useState<File[]>([]);
  const add = useCallback((more: File[]) => setFiles((old) => [...old, ...picturesOf(more)]), []);
  const hovering = useFileDrop(add);
  const recipe = useRecipe(models, "mesh");
  const start = useStart(onStarted);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const [model] = recipe.chosen;
    if (model && files.length > 0)
      start.begin({ model: model.id, inputs: recipe.valuesOf(model), files });
  };

  return (
    <form
      aria-label="New batch"
      onSubmit={submit}
      className="flex flex-col overflow-hidden rounded-card border border-line bg-surface lg:max-h-[calc(100dvh-2.5rem)]"
    >
      <fieldset disabled={start.sending} className="min-w-0 space-y-4 overflow-y-auto p-4">
        <legend className="sr-only">What to make of which photos</legend>
        <FilePicker hovering={hovering} onFiles={add} />
        {files.length > 0 && <Chosen files={files} onClear={() => setFiles([])} />}
        <RecipeOptions models={models} recipe={recipe} makes={makes} />
      </fieldset>
      <div className="space-y-3 border-t border-line p-4">
        {start.error != null && <ProblemNotice error={start.error} />}
        {start.sending ? (
          <Sending share={start.share} count={files.length} onStop={start.stop} />
        ) : (
          <Button
            type="submit"
            look="primary"
            disabled={files.length === 0}
            className="min-h-12 w-full"
          >
            <Sparkles aria-hidden size={18} />
            {startWords(files.length)}
          </Button>
        )}
      </div>
    </form>
  );
}

function startWords(count: number): string {
  if (count === 0) return "Add photos to start";
  return count === 1 ? "Start with 1 photo" : `Start with ${count} photos`;
}

function Chosen({ files, onClear }: { files: File[]; onClear: () => void }) {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const folders = new Set(files.map(({ webkitRelativePath: path }) => path.split("/")[0] ?? ""));
  const [folder] = folders;
  const Icon = folder && folders.size === 1 ? FolderOpen : Images;
  return (
    <div className="flex items-center gap-3 rounded-card bg-raised py-1 pl-3">
      <Icon aria-hidden size={18} className="shrink-0 text-accent" />
      <p className="min-w-0 flex-1 truncate tabular-nums">
        <span className="font-medium">
          {files.length === 1 ? files[0]?.name : `${files.length} photos`}
        </span>{" "}
        <span className="text-muted">{formatBytes(bytes)}</span>
      </p>
      <Button look="ghost" onClick={onClear} aria-label="Take them away">
        <X aria-hidden size={16} />
      </Button>
    </div>
  );
}

function Sending(props: { share: number; count: number; onStop: () => void }) {
  const { share, count, onStop } = props;
  return (
    <>
      <div className="flex min-h-11 items-center justify-between gap-3">
        <p role="status" className="tabular-nums">
          {share < 1
            ? `Sending ${count === 1 ? "1 photo" : `${count} photos`} · ${formatPercent(share)}`
            : "Looking at the photos…"}
        </p>
        <Button onClick={onStop}>Stop</Button>
      </div>
      <ProgressBar label="Sent" value={share} track="bg-line" />
    </>
  );
}
