import type { Model } from "../../api/types";
import { Segmented } from "../../ui/segmented";
import { ModelOptions } from "./model_options";
import { Note } from "./note";
import type { Make, Recipe } from "./use_recipe";

interface Props {
  models: Model[];
  recipe: Recipe;
  makes: { value: Make; label: string }[];
}

// What to make, by which model, and how.
export function RecipeOptions({ models, recipe, makes }: Props) {
  const notices = new Set(recipe.chosen.map(({ notice }) => notice)); // often the same of both
  return (
    <>
      <Segmented
        legend="Make"
        hideLegend
        options={makes}
        value={recipe.make}
        onChange={recipe.setMake}
      />
      {[...notices].map((notice) => (
        <Note key={notice} text={notice} />
      ))}
      {recipe.chosen.map((model) => (
        <ModelOptions
          key={model.produces}
          model={model}
          alternatives={models.filter(({ produces }) => produces === model.produces)}
          values={recipe.valuesOf(model)}
          onPick={recipe.pick}
          onEdit={(key, value) => recipe.edit(model, key, value)}
        />
      ))}
    </>
  );
}
