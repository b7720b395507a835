// What a person has typed of a todo, and what of it is new.

import type { Todo, TodoChanges } from "../../api/types";
import { dayOf, dueWords, endOfDay } from "./due";

export interface Draft {
  title: string;
  description: string;
  priority: number;
  due: string; // a day, or ""
}

export const NO_DRAFT: Draft = { title: "", description: "", priority: 0, due: "" };

export function draftOf({ title, description, priority, due_date }: Todo): Draft {
  return { title, description, priority, due: dayOf(due_date) };
}

export function changesOf(draft: Draft, base: Todo): TodoChanges {
  const was = draftOf(base);
  const title = draft.title.trim();
  return {
    ...(title !== was.title && { title }),
    ...(draft.description !== was.description && { description: draft.description }),
    ...(draft.priority !== was.priority && { priority: draft.priority }),
    ...(draft.due !== was.due && { due_date: endOfDay(draft.due) }),
  };
}

// The draft on top of a newer version: what the person has typed stays, the rest follows.
export function rebased(draft: Draft, base: Todo, theirs: Todo): Draft {
  const was = draftOf(base);
  const now = draftOf(theirs);
  return {
    title: draft.title === was.title ? now.title : draft.title,
    description: draft.description === was.description ? now.description : draft.description,
    priority: draft.priority === was.priority ? now.priority : draft.priority,
    due: draft.due === was.due ? now.due : draft.due,
  };
}

// What somebody else did to it meanwhile.
export function differenceWords(base: Todo, theirs: Todo): string {
  const { title, description, priority, due_date, completed } = theirs;
  const said = [
    title !== base.title && `the title is now “${title}”`,
    description !== base.description && "the description is another one",
    priority !== base.priority && `the priority is now ${priority}`,
    due_date !== base.due_date && (due_date ? `due ${dueWords(due_date)}` : "no due date any more"),
    completed !== base.completed && (completed ? "completed" : "open again"),
  ].filter((part) => part !== false);
  return said.join(", ");
}

export const PRIORITIES = Array.from({ length: 10 }, (_, priority) => ({
  value: String(priority),
  label: { 0: "None", 1: "1 (lowest)", 9: "9 (highest)" }[priority] ?? String(priority),
}));
