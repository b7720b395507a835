import assert from "node:assert/strict";
import { test } from "node:test";
import { seriousProblems } from "./browser.mjs";
import { opened, shareBrowser, undo } from "./todos.mjs";

/** @typedef {import("./browser.mjs").Page} Page */
/** @typedef {import("./browser.mjs").BrowserContext} BrowserContext */

shareBrowser();

const long = {
  title: "Incomprehensibilities".repeat(9),
  description: "w".repeat(400),
};
const samples = [
  { title: "Cut twelve strips", description: "Of card", priority: 9 },
  { title: "Glue them", due_date: "2020-01-01T12:00:00Z", priority: 1 },
  { ...long, priority: 3, due_date: "2031-01-01T12:00:00Z" },
  { title: "Done", completed: true },
];

test("on a phone the todos do not scroll sideways and every target is large enough", async () => {
  const { page, close } = await opened(samples, {
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
  });
  /** @param {string} state */
  const fits = async (state) => {
    const { width, small } = await page.evaluate(() => ({
      width: document.documentElement.scrollWidth,
      small: [
        ...document.querySelectorAll(
          "main button, header a, header button, main select, main input:not([type=checkbox]), main label:has(input)",
        ),
      ]
        .filter((target) => target.checkVisibility() && !target.closest("label:has(input) input"))
        .map((target) => ({
          target: target.outerHTML.slice(0, 120),
          box: target.getBoundingClientRect(),
        }))
        .filter(({ box }) => box.width < 44 || box.height < 44),
    }));
    assert.equal(width, 360, state);
    assert.deepEqual(small, [], state);
  };
  await fits("list");
  await page.getByRole("checkbox", { name: "Select Done" }).check();
  await fits("selected");
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await undo(page).waitFor();
  await page.getByRole("button", { name: /^Edit Incompre/ }).click();
  await page.getByRole("form", { name: "Edit" }).waitFor();
  await fits("edited, with a message");
  await close();
});

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`axe finds nothing serious among the ${colorScheme} todos`, async () => {
    const { page, close } = await opened(samples, {
      colorScheme,
      reducedMotion: "reduce",
    });
    /** @param {string} state */
    const passes = async (state) => assert.deepEqual(await seriousProblems(page), [], state);
    await passes("list");
    await page.getByRole("checkbox", { name: "Select Done" }).check();
    await page.getByRole("button", { name: /^Edit Glue/ }).click();
    await page.getByRole("button", { name: "Delete Done" }).click();
    await undo(page).waitFor();
    await passes("edited, selected, with a message");
    await page.getByRole("button", { name: "Keys" }).click();
    await page.getByRole("dialog").waitFor();
    await passes("keys");
    await close();
  });
}
