import type { Generation } from "../../api/types";
import { useAsset } from "../library/queries";
import { engineWords } from "./engine_tag";
import { photoIdOf } from "./outputs";
import { useModels } from "./queries";

// Which photo, and what was done to it.
export function GenerationTitle({
  generation,
  as: Heading = "h3",
}: {
  generation: Generation;
  as?: "h1" | "h3";
}) {
  const photo = useAsset(photoIdOf(generation));
  const model = useModels().data?.find(({ id }) => id === generation.model);
  return (
    <div className="min-w-0">
      <Heading className={`truncate ${Heading === "h1" ? "text-lg" : "text-base"}`}>
        {photo.data?.name ?? "Photo"}
      </Heading>
      <p className="text-muted">
        {model
          ? `${model.produces === "video" ? "Video" : "3D model"} by ${model.name} · ${engineWords(model)}`
          : generation.model}
      </p>
    </div>
  );
}
