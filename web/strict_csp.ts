import type { Plugin } from "vite";

const STYLED = /node_modules\/(media-chrome\/dist|@google\/model-viewer\/lib)\//;
const STYLE = /<style\b([^>]*)>([^]*?)<\/style>/g;
const WASM = /three\/examples\/jsm\/libs\/meshopt_decoder/;

// Two things the page's policy refuses are taken out of the build.
//
// Inline <style>, which media-chrome and model-viewer put into their shadow roots, becomes
// <adopted-style>: our element (src/ui/adopted_style.ts) that hands the same text to a constructed
// sheet. Unlike in a <style>, a "<" in it is markup. media-chrome looks for its sheets before the
// root is in the page, when elements are not upgraded yet, hence the upgrade.
//
// The decoder for meshopt compression compiles WebAssembly as soon as it is imported. Our models do
// not use it.
export function strictCsp(): Plugin {
  return {
    name: "zoetrope:strict-csp",
    apply: "build",
    load: (id) => (WASM.test(id) ? "export const MeshoptDecoder = undefined;" : null),
    transform(code, id) {
      if (!STYLED.test(id)) return null;
      const rewritten = code
        .replaceAll(
          STYLE,
          (_, attributes: string, css: string) =>
            `<adopted-style${attributes}>${css.replaceAll("<", "&lt;")}</adopted-style>`,
        )
        .replaceAll(
          'styleParent.querySelectorAll("style:not([media])")',
          '(customElements.upgrade(styleParent), styleParent.querySelectorAll("adopted-style:not([media])"))',
        );
      return rewritten === code ? null : { code: rewritten, map: null };
    },
  };
}
