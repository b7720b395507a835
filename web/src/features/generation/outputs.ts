import type { Generation, Output, OutputRole } from "../../api/types";

export function outputOf({ outputs }: Generation, role: OutputRole): Output | undefined {
  return outputs.find((output) => output.role === role);
}

// A picture that stands for the result, once there is one.
export function pictureOf(generation: Generation): Output | undefined {
  return (
    outputOf(generation, "poster") ??
    outputOf(generation, "preview") ??
    outputOf(generation, "picture")
  );
}

export function photoIdOf({ inputs }: Generation): string | null {
  const image = inputs["image"];
  return typeof image === "string" ? image : null;
}
