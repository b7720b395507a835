import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  DONE_MS_MAX,
  freshContext,
  launch,
  make,
  modelShows,
  sample,
  seriousProblems,
} from "./browser.mjs";

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {string} */
let video;
/** @type {string} */
let mesh;
before(async () => {
  browser = await launch();
  const { context } = await freshContext(browser);
  video = await make(context, "local/parallax", {
    duration_s: 2,
    resolution: "480p",
  });
  mesh = await make(context, "local/relief", { grid: 64 });
  const page = await context.newPage();
  await page.goto(`/?show=${video},${mesh}`);
  await page.locator("video").waitFor({ timeout: DONE_MS_MAX });
  await page.locator("model-viewer").waitFor({ state: "attached", timeout: DONE_MS_MAX });
  await context.close();
});
after(() => browser.close());

const pages = () => ["/", `/?show=${video},${mesh}`, `/g/${video}`, `/g/${mesh}`];

/**
 * Presses Tab until the wanted control has the focus, which must be visible there.
 * @param {import("./browser.mjs").Page} page
 * @param {import("playwright-core").Locator} wanted
 */
async function tabTo(page, wanted) {
  for (let presses = 0; presses < 60; ++presses) {
    await page.keyboard.press("Tab");
    if (!(await wanted.evaluate((element) => element === document.activeElement))) continue;
    const visible = await wanted.evaluate((element) => {
      const drawn = [element, element.closest("label")].flatMap((shown) =>
        shown ? [getComputedStyle(shown)] : [],
      );
      return drawn.some(
        (style) =>
          style.outlineStyle === "solid" &&
          parseFloat(style.outlineWidth) >= 2 &&
          style.opacity !== "0",
      );
    });
    assert.ok(visible, `no visible focus on ${wanted}`);
    return;
  }
  assert.fail(`${wanted} cannot be reached by Tab`);
}

test("everything can be done by keyboard alone", async () => {
  const { context } = await freshContext(browser);
  const page = await context.newPage();
  page.on("filechooser", () => {}); // from now on the browser tells of them instead of showing one
  await page.goto("/");
  await page.getByText("Drop photos here").waitFor();

  await tabTo(page, page.getByRole("link", { name: "Skip to content" }));
  await page.keyboard.press("Enter");
  await tabTo(page, page.locator("input[type=file]"));
  const chooser = page.waitForEvent("filechooser");
  await page.keyboard.press("Space");
  await (await chooser).setFiles(sample);
  await page.getByRole("button", { name: "Create 2 results" }).waitFor();

  await tabTo(page, page.getByRole("radio", { name: "Both" }));
  await page.keyboard.press("ArrowLeft");
  assert.ok(await page.getByRole("radio", { name: "3D" }).isChecked());
  const create = page.getByRole("button", { name: "Create", exact: true });
  await tabTo(page, create);
  await page.keyboard.press("Enter");

  const card = page.locator("article[data-generation]");
  await card.waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Just made");
  await modelShows(page);
  await tabTo(page, card.getByRole("link", { name: /GLB/ }));
  const download = page.waitForEvent("download");
  await page.keyboard.press("Enter");
  assert.equal(await (await download).failure(), null);
  await context.close();
});

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`axe finds nothing serious on the ${colorScheme} pages`, async () => {
    const { context } = await freshContext(browser, {
      colorScheme,
      reducedMotion: "reduce",
    });
    for (const address of pages()) {
      const page = await context.newPage();
      await page.goto(address);
      await page.locator("article, [data-generation], #recent").first().waitFor();
      if (address.includes(video)) await page.locator("video").waitFor();
      if (address.includes(mesh)) await modelShows(page);
      assert.deepEqual(await seriousProblems(page), [], address);
      await page.close();
    }
    await context.close();
  });
}

test("on a phone nothing scrolls sideways and every target is large enough", async () => {
  const { context } = await freshContext(browser, {
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
    // A target that moves measures a hair under its size.
    reducedMotion: "reduce",
  });
  for (const address of pages()) {
    const page = await context.newPage();
    await page.goto(address);
    await page.locator("article, [data-generation], #recent").first().waitFor();
    const { width, small } = await page.evaluate(() => ({
      width: document.documentElement.scrollWidth,
      small: [
        ...document.querySelectorAll(
          "main button, main a, header a, header button, main select, main label:has(input), main summary",
        ),
      ]
        .filter((target) => target.checkVisibility())
        .map((target) => ({
          target: target.outerHTML.slice(0, 120),
          width: Math.round(target.getBoundingClientRect().width),
          height: Math.round(target.getBoundingClientRect().height),
        }))
        .filter((target) => target.width < 44 || target.height < 44),
    }));
    assert.equal(width, 360, address);
    assert.deepEqual(small, [], address);
    await page.close();
  }
  await context.close();
});

test("the chosen theme holds over a reload and reaches other tabs", async () => {
  const { context } = await freshContext(browser, { colorScheme: "light" });
  const [one, two] = [await context.newPage(), await context.newPage()];
  for (const page of [one, two]) await page.goto("/");
  const ground = () =>
    two.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await ground();
  const button = one.getByRole("button", { name: /Theme/ });
  await button.click();
  await button.click();
  await two.waitForFunction(
    (was) => getComputedStyle(document.documentElement).backgroundColor !== was,
    light,
  );
  await two.reload();
  assert.notEqual(await ground(), light);
  await context.close();
});
