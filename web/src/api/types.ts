import type { components } from "./generated/schema";

export type Asset = components["schemas"]["Asset"];
export type Output = components["schemas"]["Output"];
export type Model = components["schemas"]["Model"];
export type Generation = components["schemas"]["Generation"];
export type Todo = components["schemas"]["Todo"];
export type NewTodo = components["schemas"]["NewTodo"];
export type TodoChanges = components["schemas"]["TodoChanges"];
export type Problem = components["schemas"]["Problem"];
export type GenerationState = Generation["state"];
export type OutputRole = Output["role"];
