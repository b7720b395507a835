import { useSyncExternalStore } from "react";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const KEY = "zoetrope.theme"; // public/theme.js reads it before the first paint
const changed = new EventTarget();

function chosen(): Theme {
  return themes.find((theme) => theme === document.documentElement.dataset["theme"]) ?? "system";
}

function show(theme: string | null): void {
  if (theme === "light" || theme === "dark") document.documentElement.dataset["theme"] = theme;
  else delete document.documentElement.dataset["theme"];
  changed.dispatchEvent(new Event("theme"));
}

// Another tab chose.
addEventListener("storage", ({ key, newValue }) => {
  if (key === KEY) show(newValue);
});

function choose(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
  show(theme);
}

function subscribe(listener: () => void): () => void {
  changed.addEventListener("theme", listener);
  return () => changed.removeEventListener("theme", listener);
}

export function useTheme(): [Theme, (theme: Theme) => void] {
  return [useSyncExternalStore(subscribe, chosen), choose];
}
