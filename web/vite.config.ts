import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { strictCsp } from "./strict_csp.ts";

const server = process.env["ZOETROPE_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), tailwindcss(), strictCsp()],
  build: {
    target: ["chrome123", "firefox120", "safari17.5"], // the first with light-dark()
    assetsDir: "static",
    assetsInlineLimit: 0, // the page's policy allows no data: fonts or scripts
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ["index.html", "docs.html"] },
    chunkSizeWarningLimit: 1200, // the 3D viewer, loaded only when there is a model to show
  },
  server: {
    // The server answers unsafe methods only to its own origin.
    proxy: { "/api": { target: server, changeOrigin: true, headers: { origin: server } } },
  },
});
