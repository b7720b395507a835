// The queue room: what runs and waits, why, and what an administrator does about it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { freshContext, launch, make } from "./browser.mjs";

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const SMALL = { grid: 64 };

test("what waits says why, is cancelled and tried again, and goes on when its queue does", async () => {
  const { context, complaints } = await freshContext(browser);
  const page = await context.newPage();
  await page.goto("/queue");
  await page.getByRole("heading", { name: "Nothing is being made" }).waitFor();

  await page.getByRole("button", { name: "Pause Model generation" }).click();
  await page.getByRole("button", { name: "Resume Model generation" }).waitFor();
  await make(context, "local/relief", SMALL);
  await make(context, "local/relief", SMALL);
  const waiting = page.getByRole("list", { name: "Waiting" }).getByRole("listitem");
  await waiting.nth(1).getByText("The queue is paused").waitFor();
  assert.equal(await waiting.count(), 2);

  await waiting
    .nth(1)
    .getByRole("button", { name: /^Cancel/ })
    .click();
  await page.waitForFunction(() => document.querySelectorAll("[data-generation]").length === 1);

  await page.getByRole("button", { name: "Resume Model generation" }).click();
  await page.getByRole("heading", { name: "Nothing is being made" }).waitFor();
  await page.getByText("Done", { exact: true }).click();
  const done = page.getByRole("list", { name: "Done" }).getByRole("listitem");
  await done.getByText(/^Took/).waitFor();
  assert.equal(await done.count(), 1);

  const capacity = page.getByRole("region", { name: "Capacity" });
  await capacity.getByText(/\/hour$/).waitFor();
  assert.match(await capacity.getByRole("listitem").first().innerText(), /100% full/);
  await capacity.getByText("For more:").waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("an administrator moves a schedule to the night, and back", async () => {
  const { context, complaints } = await freshContext(browser);
  const page = await context.newPage();
  await page.goto("/queue");
  const line = page.getByRole("list", { name: "Schedules" }).getByRole("listitem").filter({
    hasText: "Accounts: clean up",
  });
  await line.getByText(/^every hour · next /).waitFor();
  await line.getByRole("button", { name: /^Move/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("When").fill("30 25 * * *");
  await dialog.getByRole("button", { name: "Move it" }).click();
  await dialog.getByRole("alert").getByText("has '25' for the hour").waitFor();
  await dialog.getByLabel("When").fill("30 3 * * *");
  await dialog.getByRole("button", { name: "Move it" }).click();
  await line.getByText(/^30 3 \* \* \* · next /).waitFor();
  await line.getByRole("button", { name: /^Move/ }).click();
  await dialog.getByLabel("When").fill("");
  await dialog.getByRole("button", { name: "Move it" }).click();
  await line.getByText(/^every hour · next /).waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("an administrator sizes the workers of a queue, is told what cannot be, and takes it back", async () => {
  const { context, complaints } = await freshContext(browser);
  const page = await context.newPage();
  await page.goto("/queue");
  const line = page.getByRole("list", { name: "Queues" }).getByRole("listitem").filter({
    hasText: "Priority",
  });
  await line.getByText("2 workers · room for 8 · few wait").waitFor();
  await line.getByRole("button", { name: "Size Priority" }).click();
  const dialog = page.getByRole("dialog", { name: "Workers of Priority" });
  await dialog.getByLabel("Fewest workers").fill("9");
  await dialog.getByRole("button", { name: "Size it" }).click();
  await dialog.getByRole("alert").getByText("must be from 1 to 5").waitFor();
  await dialog.getByLabel("Fewest workers").fill("3");
  await dialog.getByRole("button", { name: "Size it" }).click();
  await dialog.waitFor({ state: "detached" });
  await line.getByText(/^3 workers · room for 12 .* sized by hand$/).waitFor();
  await line.getByRole("button", { name: "Size Priority" }).click();
  await dialog.getByRole("button", { name: "As the settings say" }).click();
  await dialog.waitFor({ state: "detached" });
  await line.getByText("sized by hand").waitFor({ state: "detached" });
  assert.deepEqual(complaints, []);
  await context.close();
});
