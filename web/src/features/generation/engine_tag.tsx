import type { Model } from "../../api/types";

// Says honestly what a model is: whether anything leaves the machine, and whether anything is
// invented.
export function engineWords({ provider, generative }: Model): string {
  return `${provider}, ${generative ? "generative" : "non-generative"}`;
}

export function EngineTag({ model }: { model: Model }) {
  return (
    <span
      title={model.description}
      className="shrink-0 rounded-full border border-line px-2 py-0.5 text-xs whitespace-nowrap text-muted"
    >
      {engineWords(model)}
    </span>
  );
}
