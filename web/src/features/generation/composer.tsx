import { Sparkles } from "lucide-react";
import { type FormEvent, useEffect } from "react";
import type { Asset, Generation, Model } from "../../api/types";
import { Button } from "../../ui/button";
import { ProblemNotice } from "../../ui/problem_notice";
import { PhotoTray } from "../library/photo_tray";
import type { PhotosOnTable } from "../library/use_photos";
import { RecipeOptions } from "./recipe_options";
import { useCreateGenerations } from "./queries";
import { type Make, useRecipe } from "./use_recipe";

interface Props {
  models: Model[];
  table: PhotosOnTable;
  hovering: boolean; // files, above the page
  offered: Asset | undefined; // a photo of the library to begin with
  onMade: (made: Generation[]) => void;
}

const makes: { value: Make; label: string }[] = [
  { value: "video", label: "Video" },
  { value: "mesh", label: "3D" },
  { value: "both", label: "Both" },
];

export function Composer({ models, table, hovering, offered, onMade }: Props) {
  const { photos, addFiles, addAsset, remove } = table;
  const recipe = useRecipe(models);
  const creating = useCreateGenerations();

  useEffect(() => {
    if (offered) addAsset(offered);
  }, [offered, addAsset]);

  const ready = photos.filter(({ asset }) => asset);
  const sending = photos.some(({ asset, error }) => !asset && !error);
  const count = ready.length * recipe.chosen.length;

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const wishes = ready.flatMap(({ asset }) =>
      recipe.chosen.map((model) => ({
        model: model.id,
        inputs: { ...recipe.valuesOf(model), image: asset?.id },
      })),
    );
    creating.mutate(wishes, {
      onSuccess: (made) => {
        remove(ready);
        onMade(made);
      },
    });
  };

  return (
    <form
      aria-label="Create"
      onSubmit={submit}
      className="flex flex-col overflow-hidden rounded-card border border-line bg-surface lg:max-h-[calc(100dvh-2.5rem)]"
    >
      <div className="space-y-4 overflow-y-auto p-4">
        <PhotoTray photos={photos} hovering={hovering} onFiles={addFiles} onRemove={remove} />
        <RecipeOptions models={models} recipe={recipe} makes={makes} />
      </div>
      <div className="space-y-3 border-t border-line p-4">
        {creating.error && <ProblemNotice error={creating.error} />}
        <Button
          type="submit"
          look="primary"
          disabled={count === 0 || sending || creating.isPending}
          className="min-h-12 w-full"
        >
          <Sparkles aria-hidden size={18} />
          {createWords(count, sending, creating.isPending)}
        </Button>
      </div>
    </form>
  );
}

function createWords(count: number, sending: boolean, starting: boolean): string {
  if (sending) return "Sending photos…";
  if (starting) return "Starting…";
  if (count === 0) return "Add a photo to create";
  return count === 1 ? "Create" : `Create ${count} results`;
}
