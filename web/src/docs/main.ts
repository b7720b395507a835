// /docs: what /openapi.json says, as a page to read and try. All of it comes from this server.
import "@fontsource-variable/inter";
import "./page.css";
import "rapidoc/dist/rapidoc-min.js";

// RapiDoc takes plain colours only: the studio's own, of styles.css.
const palettes = {
  light: { ground: "#ffffff", rail: "#f6f5f2", ink: "#1c1b19", accent: "#b93c0a" },
  dark: { ground: "#191919", rail: "#101011", ink: "#f1efeb", accent: "#ff8a4c" },
};

const dark = matchMedia("(prefers-color-scheme: dark)");
const narrow = matchMedia("(max-width: 768px)");
const page = document.createElement("rapi-doc");

function paint(): void {
  const chosen = document.documentElement.dataset["theme"];
  const theme = chosen === "dark" || (chosen !== "light" && dark.matches) ? "dark" : "light";
  const { ground, rail, ink, accent } = palettes[theme];
  const look = {
    theme,
    "bg-color": ground,
    "text-color": ink,
    "nav-bg-color": rail,
    "nav-text-color": ink,
    "nav-accent-color": accent,
    "primary-color": accent,
    "render-style": narrow.matches ? "view" : "read",
  };
  for (const [name, value] of Object.entries(look)) page.setAttribute(name, value);
}

const fixed = {
  "spec-url": "/openapi.json",
  "load-fonts": "false",
  "regular-font": "Inter Variable, system-ui, sans-serif",
  "mono-font": "ui-monospace, SFMono-Regular, Menlo, monospace",
  "show-header": "false",
  "allow-spec-url-load": "false",
  "allow-spec-file-load": "false",
  "allow-server-selection": "false",
  "allow-authentication": "false",
  "show-method-in-nav-bar": "as-colored-text",
  "use-path-in-nav-bar": "true",
  "nav-item-spacing": "relaxed",
  "schema-style": "table",
  "default-schema-tab": "schema",
  "schema-description-expanded": "true",
};
for (const [name, value] of Object.entries(fixed)) page.setAttribute(name, value);
paint();
dark.addEventListener("change", paint);
narrow.addEventListener("change", paint);
document.body.append(page);
