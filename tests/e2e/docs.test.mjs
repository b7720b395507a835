// /docs: the API as a page, from this server alone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { freshContext, launch, url } from "./browser.mjs";

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test("the page of the API shows every kind of address and asks no other host", async () => {
  const { context, complaints } = await freshContext(browser);
  const page = await context.newPage();
  /** @type {string[]} */
  const strangers = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:"))
      strangers.push(request.url());
  });
  await page.goto("/docs");
  await page.getByText("Add a todo").first().waitFor();
  for (const summary of ["Add a picture to the library", "Start a generation", "Feature flags"])
    await page.getByText(summary).first().waitFor();
  assert.deepEqual(strangers, []);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("an address can be tried on the page", async () => {
  const { context } = await freshContext(browser);
  const page = await context.newPage();
  await page.goto("/docs#get-/api/v1/models");
  const answered = page.waitForResponse(
    (response) => response.url() === `${url}/api/v1/models` && response.status() === 200,
  );
  await page.locator("#get-\\/api\\/v1\\/models .m-btn.primary").first().click();
  await answered;
  await page.getByText("local/parallax").first().waitFor();
  await context.close();
});
