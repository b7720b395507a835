import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { DONE_MS_MAX, drop, freshContext, launch, make, videoPlays } from "./browser.mjs";

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const SHORT = { duration_s: 2, resolution: "480p" };
const LONG = { duration_s: 10, resolution: "1080p" };

/** @param {import("./browser.mjs").Page} page @param {string} state */
const connection = (page, state) => page.locator(`[data-connection=${state}]`).waitFor();

test("a link to a generation shows it, while it runs and when it is done", async () => {
  const { context, complaints } = await freshContext(browser);
  const id = await make(context, "local/parallax", SHORT);
  const page = await context.newPage();
  await page.goto(`/g/${id}`);
  await videoPlays(page);
  await page.getByRole("link", { name: "Use this photo again" }).click();
  await page.getByRole("button", { name: "Create 2 results" }).waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a link to nothing says so in plain words", async () => {
  const { context } = await freshContext(browser);
  const page = await context.newPage();
  await page.goto("/g/01900000-0000-7000-8000-000000000000");
  await page
    .getByRole("alert")
    .getByText(/Reference/)
    .waitFor();
  await page.goto("/no/such/room");
  await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
  await context.close();
});

test("two tabs share one event connection, and the second takes over when the first closes", async () => {
  const { context } = await freshContext(browser);
  /** @type {import("./browser.mjs").Page[]} */
  const connected = [];
  context.on("request", (request) => {
    if (request.url().includes("/api/v1/events")) connected.push(request.frame().page());
  });
  const first = await context.newPage();
  await first.goto("/");
  await connection(first, "live");
  const second = await context.newPage();
  await second.goto("/");
  await connection(second, "live");
  assert.deepEqual(connected, [first]);

  const id = await make(context, "local/parallax", SHORT);
  for (const page of [first, second]) await page.locator(`a[href="/g/${id}"]`).waitFor();

  await first.close();
  const later = await make(context, "local/parallax", SHORT);
  await second.locator(`a[href="/g/${later}"]`).waitFor();
  assert.deepEqual(connected, [first, second]);
  await context.close();
});

test("without events the page asks by itself until they come back", async () => {
  const { context } = await freshContext(browser);
  const page = await context.newPage();
  await page.route("**/api/v1/events*", (route) => route.abort());
  const id = await make(context, "local/parallax", SHORT);
  await page.goto(`/g/${id}`);
  await connection(page, "offline");
  await videoPlays(page);
  await page.unroute("**/api/v1/events*");
  await connection(page, "live");
  await context.close();
});

test("a generation can be cancelled and started over", async () => {
  const { context } = await freshContext(browser);
  const id = await make(context, "local/parallax", LONG);
  const page = await context.newPage();
  await page.goto(`/?show=${id}`);
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("Cancelled", { exact: true }).first().waitFor();
  await page.getByRole("button", { name: "Start over" }).click();
  await page.getByRole("button", { name: "Start over" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Start over" }).waitFor();
  await context.close();
});

test("a file that is no picture is refused in plain words and does no harm", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "zoetrope-e2e-"));
  const file = path.join(folder, "notes.txt");
  await writeFile(file, "This is not a picture.\n");
  const { context, complaints } = await freshContext(browser);
  const page = await context.newPage();
  await page.goto("/");
  await page.getByText("Drop photos here").waitFor();
  await drop(page, file, "text/plain");
  const notice = page.getByRole("alert");
  await notice.getByText(/Reference/).waitFor();
  assert.match(await notice.innerText(), /[a-z]+ [a-z]+ [a-z]+/);
  assert.ok(await page.getByRole("button", { name: "Add a photo to create" }).isDisabled());
  await page.getByRole("button", { name: "Dismiss notes.txt" }).click();
  await notice.waitFor({ state: "detached" });
  assert.deepEqual(complaints, []);
  await context.close();
  await rm(folder, { recursive: true });
});

test("a server that does not answer is said plainly, and trying again works", async () => {
  const { context } = await freshContext(browser);
  const page = await context.newPage();
  await page.route("**/api/v1/models", (route) => route.abort());
  await page.goto("/");
  const notice = page.getByRole("alert").filter({ hasText: "The server cannot be reached" });
  await notice.waitFor();
  await page.unroute("**/api/v1/models");
  await notice.getByRole("button", { name: "Try again" }).click();
  await page.getByText("Drop photos here").waitFor({ timeout: DONE_MS_MAX });
  await context.close();
});

test("what the server lacks for its models is said once", async () => {
  const { context } = await freshContext(browser);
  const page = await context.newPage();
  await page.route("**/api/v1/models", async (route) => {
    const models = await (await route.fetch()).json();
    for (const model of models) model.notice = "The cut-out network is not installed.";
    await route.fulfill({ json: models });
  });
  await page.goto("/");
  const notice = page.getByText("The cut-out network is not installed.");
  await notice.first().waitFor();
  assert.equal(await notice.count(), 1);
  await context.close();
});
