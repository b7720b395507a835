// From a model's JSON Schema to the few controls the studio draws. What it does not understand it
// leaves to the model's default.

import type { Model } from "../../api/types";

interface Labelled {
  key: string;
  label: string;
  advanced: boolean;
}
export interface ChoiceField extends Labelled {
  kind: "choice";
  options: { value: string; label: string }[];
  initial: string;
}
export interface NumberField extends Labelled {
  kind: "number";
  unit: string;
  min: number;
  max: number;
  step: number;
  initial: number;
}
export type Field = ChoiceField | NumberField;
export type Values = Record<string, string | number>;

const NAMES: Record<string, string> = { ken_burns: "Ken Burns" };
const ADVANCED = new Set(["back", "grid"]);
const UNITS: Record<string, string> = { _s: "s", _mm: "mm" };

type Schema = Record<string, unknown>;
const isSchema = (value: unknown): value is Schema => typeof value === "object" && value !== null;

export function fieldsOf(model: Model): Field[] {
  const properties = model.inputs["properties"];
  if (!isSchema(properties)) return [];
  return Object.entries(properties).flatMap(([key, schema]) =>
    isSchema(schema) ? (fieldOf(key, schema) ?? []) : [],
  );
}

function fieldOf(key: string, schema: Schema): Field | null {
  const suffix = Object.keys(UNITS).find((end) => key.endsWith(end)) ?? "";
  const label = typeof schema["title"] === "string" ? schema["title"] : words(key);
  const common = { key, label, advanced: ADVANCED.has(key) };
  const { enum: values, minimum: min, maximum: max, type, default: initial } = schema;

  if (Array.isArray(values) && typeof initial === "string") {
    const options = values
      .map(String)
      .map((value) => ({ value, label: NAMES[value] ?? words(value) }));
    return { ...common, kind: "choice", options, initial };
  }
  if (typeof min === "number" && typeof max === "number" && typeof initial === "number") {
    const step = type === "integer" || max - min > 100 ? 1 : 0.5;
    return { ...common, kind: "number", unit: UNITS[suffix] ?? "", min, max, step, initial };
  }
  return null;
}

export function words(key: string): string {
  const spaced = key.replaceAll("_", " ");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
