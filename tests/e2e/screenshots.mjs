// node tests/e2e/screenshots.mjs FOLDER
//
// Saves pictures of the studio to look at: wide and narrow, light and dark, empty, running and done.

import { mkdir } from "node:fs/promises";
import path from "node:path";
import { DONE_MS_MAX, freshContext, launch, modelShows, sample, videoPlays } from "./browser.mjs";
import { root } from "./server.mjs";

const folder = process.argv[2];
if (!folder) throw new Error("usage: node tests/e2e/screenshots.mjs FOLDER");
await mkdir(folder, { recursive: true });

const looks = [1440, 360].flatMap((width) =>
  /** @type {const} */ (["light", "dark"]).map((colorScheme) => ({
    width,
    colorScheme,
  })),
);
const browser = await launch();

/**
 * @param {string} state
 * @param {string} address
 * @param {(page: import("./browser.mjs").Page) => Promise<void>} prepare
 */
async function shoot(state, address, prepare) {
  for (const { width, colorScheme } of looks) {
    const { context } = await freshContext(browser, {
      viewport: { width, height: width === 360 ? 740 : 900 },
      colorScheme,
    });
    const page = await context.newPage();
    await page.goto(address);
    await prepare(page);
    await page.waitForFunction(() => [...document.images].every((image) => image.complete));
    if (width === 360) {
      // the whole page, with the bar at its bottom where a person sees it
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.setViewportSize({ width, height });
    }
    await page.screenshot({
      path: path.join(String(folder), `${state}-${width}-${colorScheme}.png`),
    });
    await context.close();
  }
}

/** @param {import("./browser.mjs").Page} page */
async function allDone(page) {
  await videoPlays(page);
  await modelShows(page);
  await page.evaluate(() => scrollTo(0, 0));
}

await shoot("empty", "/", (page) => page.locator("#welcome").waitFor());

const { context } = await freshContext(browser);
const page = await context.newPage();
await page.goto("/");
await page.locator("input[type=file]").setInputFiles(sample);
await page.getByRole("button", { name: "Create 2 results" }).click();
await page.waitForURL(/show=/);
const made = new URL(page.url());

await shoot("running", made.pathname + made.search, (other) =>
  other.locator("article img").nth(1).waitFor(),
);
await allDone(page);
await context.close();
await shoot("done", made.pathname + made.search, allDone);
await shoot("recent", "/", (other) => other.getByRole("heading", { name: "Recent" }).waitFor());
const [first] = (made.searchParams.get("show") ?? "").split(",");
await shoot("page", `/g/${first}`, (other) => other.locator("video").waitFor());

const batches = await freshContext(browser);
const room = await batches.context.newPage();
await room.goto("/batches");
await room
  .locator('input[type="file"]:not([webkitdirectory])')
  .setInputFiles([
    ...["astronaut", "chelsea", "coffee", "rocket", "wine"].map((name) =>
      path.join(root, `tests/photos/${name}.jpg`),
    ),
    path.join(root, "README.md"),
  ]);
await room.getByRole("button", { name: "Start with 6 photos" }).click();
await room.waitForURL(/\/batches\/\d+$/);
const batch = new URL(room.url()).pathname;
await room.locator("[data-status=succeeded]").first().waitFor({ timeout: DONE_MS_MAX });
await shoot("batch-running", batch, (other) => other.locator("[data-status]").nth(5).waitFor());
await room.getByText("Partly done").waitFor({ timeout: 5 * DONE_MS_MAX });
await batches.context.close();
await shoot("batch-done", batch, (other) => other.getByText("Partly done").waitFor());
await shoot("batches", "/batches", (other) => other.getByText("5 of 6 done").waitFor());

await browser.close();
