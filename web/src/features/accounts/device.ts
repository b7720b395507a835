// What a browser or program calls itself (its User-Agent), in plain words.

export interface Device {
  kind: "desktop" | "phone" | "program";
  words: string;
}

// In this order: nearly all of them also say Safari, and half of them Chrome.
const BROWSERS: [pattern: RegExp, name: string][] = [
  [/\bEdgA?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Headless)?(Chrome|CriOS)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];
const SYSTEMS: [pattern: RegExp, name: string][] = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Macintosh/, "Mac"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
];

export function deviceOf(agent: string): Device {
  const named = (names: [RegExp, string][]) => names.find(([pattern]) => pattern.test(agent))?.[1];
  const browser = named(BROWSERS);
  const system = named(SYSTEMS);
  if (!browser) {
    const program = /^[\w.-]+/.exec(agent)?.[0];
    return { kind: "program", words: program ?? "Unknown device" };
  }
  const kind = /Mobile|iPhone|iPad|Android/.test(agent) ? "phone" : "desktop";
  return { kind, words: system ? `${browser} on ${system}` : browser };
}
