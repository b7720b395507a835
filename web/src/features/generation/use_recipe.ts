import { useState } from "react";
import type { Model } from "../../api/types";
import { fieldsOf, type Values } from "./fields";

export type Kind = Model["produces"];
export type Recipe = ReturnType<typeof useRecipe>;
export type Make = "video" | "mesh" | "both";

// What to make of the photos: the kinds, a model for each, and what was changed from its defaults.
export function useRecipe(models: Model[], first: Make = "both") {
  const [make, setMake] = useState<Make>(first);
  const [picked, setPicked] = useState<Partial<Record<Kind, string>>>({});
  const [edits, setEdits] = useState<Record<string, Values>>({});

  const kinds: Kind[] = make === "both" ? ["video", "mesh"] : [make];
  const chosen = kinds.flatMap((kind) => {
    const able = models.filter(({ produces }) => produces === kind);
    return able.find(({ id }) => id === picked[kind]) ?? able[0] ?? [];
  });
  const valuesOf = (model: Model): Values => ({
    ...Object.fromEntries(fieldsOf(model).map(({ key, initial }) => [key, initial])),
    ...edits[model.id],
  });

  return {
    make,
    setMake,
    chosen,
    valuesOf,
    pick: (model: Model) => setPicked((all) => ({ ...all, [model.produces]: model.id })),
    edit: (model: Model, key: string, value: string | number) =>
      setEdits((all) => ({ ...all, [model.id]: { ...all[model.id], [key]: value } })),
  };
}
