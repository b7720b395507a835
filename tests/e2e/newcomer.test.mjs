import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  DONE_MS_MAX,
  drop,
  freshContext,
  launch,
  modelShows,
  sample,
  url,
  videoPlays,
} from "./browser.mjs";

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** How the bytes of each download begin. */
const beginnings = {
  MP4: (/** @type {Buffer} */ bytes) => bytes.toString("latin1", 4, 8) === "ftyp",
  WebM: (/** @type {Buffer} */ bytes) => bytes.readUInt32BE(0) === 0x1a45dfa3,
  JPG: (/** @type {Buffer} */ bytes) => bytes.readUInt16BE(0) === 0xffd8,
  GLB: (/** @type {Buffer} */ bytes) => bytes.toString("latin1", 0, 4) === "glTF",
  STL: (/** @type {Buffer} */ bytes) => bytes.length === 84 + 50 * bytes.readUInt32LE(80),
  PNG: (/** @type {Buffer} */ bytes) => bytes.toString("latin1", 1, 4) === "PNG",
};

test("a dropped photo becomes a video that plays and a model that turns, and all of it can be downloaded", async () => {
  const { context, complaints } = await freshContext(browser);
  const page = await context.newPage();
  // Held back until the photo has been dropped: what comes before the page is whole is kept.
  /** @type {(value?: unknown) => void} */
  let release = () => {};
  const whole = new Promise((resolve) => (release = resolve));
  await page.route("**/api/v1/models", async (route) => {
    await whole;
    await route.continue();
  });
  const asked = page.waitForRequest("**/api/v1/models");
  await page.goto("/");
  await asked;
  await drop(page, sample, "image/jpeg");
  release();
  await page.getByRole("button", { name: "Create 2 results" }).click();

  const cards = page.locator("article[data-generation]");
  await cards.nth(1).waitFor();
  await page.waitForFunction(
    () => {
      const page = /** @type {any} */ (window);
      const seen = (page.seen ??= new Set());
      for (const bar of document.querySelectorAll("article [role=progressbar]"))
        seen.add(bar.getAttribute("aria-valuenow"));
      return seen.size > 2;
    },
    undefined,
    { polling: 50, timeout: DONE_MS_MAX },
  );

  await videoPlays(page);
  const moment = await page.evaluate(() => document.querySelector("video")?.currentTime ?? 0);
  await page.waitForFunction(
    (then) => document.querySelector("video")?.currentTime !== then,
    moment,
  );
  await modelShows(page);

  const links = await page.getByRole("list", { name: "Downloads" }).getByRole("link").all();
  /** @type {string[]} */
  const formats = [];
  for (const link of links) {
    const [, format = ""] = / as (\w+)/.exec((await link.textContent()) ?? "") ?? [];
    const answer = await context.request.get((await link.getAttribute("href")) ?? "");
    assert.equal(answer.status(), 200);
    assert.match(answer.headers()["content-disposition"] ?? "", /^attachment/);
    const begins = beginnings[/** @type {keyof beginnings} */ (format)];
    assert.ok(begins?.(await answer.body()), `${format} is not what it says`);
    formats.push(format);
  }
  assert.deepEqual(formats.toSorted(), Object.keys(beginnings).toSorted());

  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: /textured model as GLB/ }).click();
  assert.equal(await (await download).failure(), null);

  // The address holds what is shown, so a reload shows it again.
  await page.reload();
  await videoPlays(page);
  assert.equal(await cards.count(), 2);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("several photos are made into one result each", async () => {
  const { context } = await freshContext(browser);
  const page = await context.newPage();
  await page.goto("/");
  await page.locator("input[type=file]").setInputFiles([sample, sample]);
  await page.getByRole("radio", { name: "Video", exact: true }).check();
  await page.getByLabel("Resolution").selectOption("480p");
  await page.getByRole("slider", { name: "Duration" }).fill("2");

  const asked = page.waitForRequest(
    (request) => request.method() === "POST" && request.url() === `${url}/api/v1/generations`,
  );
  await page.getByRole("button", { name: "Create 2 results" }).click();
  const answer = await (await asked).response();
  const { model, inputs } = await answer?.json();
  assert.equal(model, "local/parallax");
  assert.equal(inputs.resolution, "480p");
  assert.equal(inputs.duration_s, 2);
  await page.locator("article video").nth(1).waitFor({ timeout: DONE_MS_MAX });
  await context.close();
});
