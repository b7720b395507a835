// The batches room: many photos at once, each with an end of its own.
import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { freshContext, launch, sample } from "./browser.mjs";

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {string} */
let folder;
before(async () => {
  browser = await launch();
  folder = await mkdtemp(path.join(tmpdir(), "zoetrope-batch-"));
  await mkdir(path.join(folder, "below"));
  await cp(sample, path.join(folder, "one.jpg"));
  await cp(sample, path.join(folder, "below", "two.jpg"));
  await writeFile(path.join(folder, "notes.txt"), "no picture");
});
after(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

const photos = 'input[type="file"]:not([webkitdirectory])';

/** @param {import("playwright-core").Page} page */
async function chooseRelief(page) {
  await page.getByLabel("Method").selectOption({ label: "Relief" });
}

test("one bad file fails alone, and what the others became comes as a zip", async () => {
  const { context, complaints } = await freshContext(browser);
  const page = await context.newPage();
  await page.goto("/batches");
  await page.getByRole("heading", { name: "No batch yet" }).waitFor();
  await page
    .locator(photos)
    .setInputFiles([path.join(folder, "one.jpg"), path.join(folder, "notes.txt")]);
  await page.getByText("2 photos").first().waitFor();
  await chooseRelief(page);
  await page.getByRole("button", { name: "Start with 2 photos" }).click();
  await page.waitForURL(/\/batches\/\d+$/);
  await page.getByRole("heading", { name: "one.jpg and 1 more" }).waitFor();
  const files = page.getByRole("list", { name: "Files" }).getByRole("listitem");
  await files.nth(1).getByText("The file is not a picture").waitFor();
  await page.getByRole("status").getByText("Partly done").waitFor();
  await files.nth(0).getByText("3 results").waitFor();
  assert.equal(await page.getByRole("button", { name: "Cancel" }).count(), 0);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Download all" }).click(),
  ]);
  assert.match(download.suggestedFilename(), /^batch-\d+\.zip$/);
  await files.nth(0).getByRole("link").click();
  await page.waitForURL(/\/g\//);
  await page
    .getByRole("navigation", { name: "Rooms" })
    .getByRole("link", { name: "Batches" })
    .click(); // the page before has another, until it is gone
  const listed = page.getByRole("list", { name: "Batches" }).getByRole("listitem").first();
  await listed.getByText("1 of 2 done · 1 failed").waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a folder is taken with all its pictures, stopped, and made again", async () => {
  const { context, complaints } = await freshContext(browser);
  const page = await context.newPage();
  await page.goto("/queue");
  await page.getByRole("button", { name: "Pause Model generation" }).click();
  await page.getByRole("button", { name: "Resume Model generation" }).waitFor();
  await page.goto("/batches");
  await page.locator("input[webkitdirectory]").setInputFiles(folder);
  await page.getByText("2 photos").first().waitFor(); // not the notes
  await page.getByRole("button", { name: "Take them away" }).click();
  await page.getByRole("button", { name: "Add photos to start" }).waitFor();
  await page.locator("input[webkitdirectory]").setInputFiles(folder);
  await chooseRelief(page);
  await page.getByRole("button", { name: "Start with 2 photos" }).click();
  await page.waitForURL(/\/batches\/\d+$/);
  await page.getByRole("status").getByText("number 1 in the queue").waitFor();
  const files = page.getByRole("list", { name: "Files" }).getByRole("listitem");
  await files.nth(1).getByText("The queue is paused").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("status").getByText("Cancelled").waitFor();
  await page.getByRole("button", { name: "Try 2 again" }).click();
  await page.getByRole("status").getByText("Waiting").waitFor();

  // Without touching this page, what another one does is seen here.
  const other = await context.newPage();
  await other.goto("/queue");
  await other.getByRole("button", { name: "Resume Model generation" }).click();
  await page.getByRole("status").getByText("2 of 2 done").waitFor();
  await page.getByRole("status").getByText("Done", { exact: true }).waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("what the server refuses is said, and the photos are still there", async () => {
  const { context } = await freshContext(browser);
  const page = await context.newPage();
  await page.route("**/api/v1/upload/batch", (route) =>
    route.fulfill({
      status: 507,
      contentType: "application/problem+json",
      body: JSON.stringify({
        status: 507,
        title: "Insufficient Storage",
        detail: "The disk is full.",
      }),
    }),
  );
  await page.goto("/batches");
  await page.locator(photos).setInputFiles(path.join(folder, "one.jpg"));
  await page.getByRole("button", { name: "Start with 1 photo" }).click();
  await page.getByRole("alert").getByText("The disk is full.").waitFor();
  await page.getByRole("button", { name: "Start with 1 photo" }).waitFor();
  await context.close();
});
