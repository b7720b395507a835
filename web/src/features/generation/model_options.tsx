import { Expand, type LucideIcon, MoveHorizontal, Orbit, ZoomIn } from "lucide-react";
import type { Model } from "../../api/types";
import { Segmented } from "../../ui/segmented";
import { Select } from "../../ui/select";
import { Slider } from "../../ui/slider";
import { EngineTag } from "./engine_tag";
import { type Field, fieldsOf, type Values } from "./fields";

interface Props {
  model: Model;
  alternatives: Model[]; // the models of the same kind, itself included
  values: Values;
  onPick: (model: Model) => void;
  onEdit: (key: string, value: string | number) => void;
}

const ICONS: Record<string, LucideIcon> = {
  orbit: Orbit,
  push: ZoomIn,
  pan: MoveHorizontal,
  ken_burns: Expand,
};
const pairs = "grid grid-cols-2 items-start gap-x-4 gap-y-3";
const TITLES: Record<Model["produces"], string> = {
  video: "Video",
  mesh: "3D model",
  image: "Picture",
};

export function ModelOptions({ model, alternatives, values, onPick, onEdit }: Props) {
  const fields = fieldsOf(model);
  const draw = (field: Field) => (
    <Control
      key={field.key}
      field={field}
      value={values[field.key]}
      onChange={(value) => onEdit(field.key, value)}
    />
  );
  const advanced = fields.filter((field) => field.advanced);
  return (
    <section aria-label={TITLES[model.produces]} className="space-y-3 border-t border-line pt-4">
      <div className="flex items-center justify-between gap-2">
        <h3 className="font-medium">{TITLES[model.produces]}</h3>
        <EngineTag model={model} />
      </div>
      <p className="text-xs text-muted">{model.description.replace(/(?<=\.)\s.*/s, "")}</p>
      <div className={pairs}>
        {alternatives.length > 1 && (
          <Select
            label="Method"
            options={alternatives.map(({ id, name }) => ({ value: id, label: name }))}
            value={model.id}
            onChange={(id) => {
              const found = alternatives.find((other) => other.id === id);
              if (found) onPick(found);
            }}
          />
        )}
        {fields.filter((field) => !field.advanced).map(draw)}
      </div>
      {advanced.length > 0 && (
        <details className="group">
          <summary className="flex min-h-9 items-center text-muted hover:text-ink pointer-coarse:min-h-11">
            More options
          </summary>
          <div className={`${pairs} pt-2`}>{advanced.map(draw)}</div>
        </details>
      )}
    </section>
  );
}

interface ControlProps {
  field: Field;
  value: string | number | undefined;
  onChange: (value: string | number) => void;
}

// Choices that have a picture take a whole row; the others share one.
function Control({ field, value, onChange }: ControlProps) {
  if (field.kind === "number")
    return <Slider {...field} value={Number(value ?? field.initial)} onChange={onChange} />;
  const chosen = String(value ?? field.initial);
  if (!field.options.some((option) => option.value in ICONS)) {
    return (
      <Select label={field.label} options={field.options} value={chosen} onChange={onChange} />
    );
  }
  const options = field.options.map((option) => ({ ...option, icon: ICONS[option.value] }));
  return (
    <div className="col-span-2">
      <Segmented legend={field.label} options={options} value={chosen} onChange={onChange} />
    </div>
  );
}
