// A browser for the scenarios and the server it looks at: Chromium by playwright-core, which lives
// with the studio's packages.
//
// CHROMIUM  the browser (default: Debian's)

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { root, started } from "./server.mjs";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { chromium } = /** @type {typeof import("playwright-core")} */ (require("playwright-core"));

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").BrowserContext} BrowserContext */
/** @typedef {import("playwright-core").BrowserContextOptions} ContextOptions */

export const server = await started(["--auth-logins-per-account=0", "--auth-logins-per-address=0"]);
export const url = server.origin;
export const sample = path.join(root, "share/sample/seeding.jpg");
export const DONE_MS_MAX = 180_000; // a generation on two busy cores, the matte included

export function launch() {
  return chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium-headless-shell",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--enable-unsafe-swiftshader",
      "--autoplay-policy=no-user-gesture-required",
    ],
  });
}

/**
 * A context that the server without accounts lets in, if it is still one, and whose pages must stay free of script
 * errors and of anything the page's policy refuses.
 * @param {import("playwright-core").Browser} browser
 * @param {ContextOptions} [options]
 */
export async function freshContext(browser, options = {}) {
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width: 1440, height: 900 },
    ...options,
  });
  const opened = await context.request.post("/api/v1/auth/local", {
    headers: { Origin: new URL(options.baseURL ?? url).origin },
    data: { token: server.studio.hash.slice(1) },
  });
  assert.ok([204, 403, 409].includes(opened.status()), await opened.text());
  /** @type {string[]} */
  const complaints = [];
  context.on("weberror", (error) => complaints.push(String(error.error())));
  context.on("console", (message) => {
    if (/Content Security Policy|Uncaught/.test(message.text())) complaints.push(message.text());
  });
  return { context, complaints };
}

/**
 * Drops a file onto the page as a person would.
 * @param {Page} page
 * @param {string} file
 * @param {string} type
 */
export async function drop(page, file, type) {
  const transfer = await page.evaluateHandle(
    ([base64, name, mime]) => {
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      const dropped = new DataTransfer();
      dropped.items.add(new File([bytes], name, { type: mime }));
      return dropped;
    },
    /** @type {const} */ ([await readFile(file, "base64"), path.basename(file), type]),
  );
  for (const event of ["dragenter", "dragover", "drop"]) {
    await page.dispatchEvent("body", event, { dataTransfer: transfer });
  }
}

/**
 * Makes one result of the sample through the API, for scenarios that begin with one.
 * @param {BrowserContext} context
 * @param {string} model
 * @param {Record<string, unknown>} [inputs]
 * @returns {Promise<string>} its id
 */
export async function make(context, model, inputs = {}) {
  const headers = { Origin: url };
  const file = {
    name: path.basename(sample),
    mimeType: "image/jpeg",
    buffer: await readFile(sample),
  };
  const sent = await context.request.post("/api/v1/assets", {
    headers,
    multipart: { file },
  });
  assert.equal(sent.status(), 201, await sent.text());
  const { id: image } = await sent.json();
  const started = await context.request.post("/api/v1/generations", {
    headers,
    data: { model, inputs: { ...inputs, image } },
  });
  assert.equal(started.status(), 202, await started.text());
  return (await started.json()).id;
}

/**
 * What axe finds wrong with the page that keeps somebody from using it.
 * @param {Page} page
 * @returns {Promise<string[]>}
 */
export async function seriousProblems(page) {
  const axe = new URL("../../web/node_modules/axe-core/axe.min.js", import.meta.url);
  await page.evaluate(await readFile(axe, "utf8"));
  return page.evaluate(async () => {
    const { violations } = await /** @type {any} */ (window).axe.run(document);
    return violations
      .filter((/** @type {any} */ found) => ["serious", "critical"].includes(found.impact))
      .map(
        (/** @type {any} */ found) =>
          `${found.id}: ${found.nodes.map((/** @type {any} */ node) => node.html).join(" | ")}`,
      );
  });
}

/**
 * Waits until the first video of the page moves.
 * @param {Page} page
 */
export async function videoPlays(page) {
  await page.locator("video").first().waitFor({ timeout: DONE_MS_MAX });
  await page.waitForFunction(
    () => {
      const video = document.querySelector("video");
      return video !== null && video.currentTime > 0 && video.videoWidth > 0;
    },
    undefined,
    { timeout: 30_000 },
  );
}

/**
 * Waits until the first model of the page is drawn.
 * @param {Page} page
 */
export async function modelShows(page) {
  const viewer = page.locator("model-viewer").first();
  await viewer.waitFor({ state: "attached", timeout: DONE_MS_MAX });
  await viewer.scrollIntoViewIfNeeded();
  await page.waitForFunction(
    () => {
      const element = /** @type {any} */ (document.querySelector("model-viewer"));
      const canvas = element.shadowRoot.querySelector("canvas.show, canvas#webgl-canvas");
      return element.loaded && element.modelIsVisible && canvas?.offsetWidth > 100;
    },
    undefined,
    { timeout: 60_000 },
  );
}
