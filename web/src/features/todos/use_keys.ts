import { useEffect, useEffectEvent } from "react";

export type Keys = Record<string, () => unknown>; // false: the browser may have the key

const TYPING =
  "input:not([type=checkbox]), textarea, select, [contenteditable], [data-editor], dialog";
const PRESSING = "button, a, input, summary";

// Keys of the whole page, by KeyboardEvent.key. They rest while a person types; Enter and Space
// belong to the control that has the focus.
export function useKeys(keys: Keys): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    const { key, target, repeat } = event;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!(target instanceof Element) || target.closest(TYPING)) return;
    if (document.querySelector("dialog[open]")) return;
    if ((key === "Enter" || key === " ") && target.closest(PRESSING)) return;
    const act = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (!act) return;
    if (repeat && !/^(j|k|Arrow.*)$/.test(key)) return;
    if (act() !== false) event.preventDefault();
  });

  useEffect(() => {
    const listen = (event: KeyboardEvent): void => press(event);
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}
