// Slips that must cost nothing: a file dropped on the wrong room, a click elsewhere while a photo is being sent, a second
// press after a refusal.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { drop, freshContext, launch, sample, url } from "./browser.mjs";

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test("files dropped on any room are on the table of Create", async () => {
  const { context, complaints } = await freshContext(browser);
  const page = await context.newPage();
  for (const room of ["/todos", "/queue", "/account"]) {
    await page.goto(room);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await drop(page, sample, "image/jpeg");
    await page.waitForURL(`${url}/`);
    await page.getByRole("img", { name: "seeding.jpg" }).waitFor();
    assert.equal(
      await page.getByRole("list", { name: "Photos to use" }).getByRole("img").count(),
      1,
    );
  }
  assert.deepEqual(complaints, []);
  await context.close();
});

test("who leaves while a photo is being sent is asked", async () => {
  const { context } = await freshContext(browser);
  const page = await context.newPage();
  /** @type {(value?: unknown) => void} */
  let release = () => {};
  const arrived = new Promise((resolve) => (release = resolve));
  await page.route("**/api/v1/assets", async (route) => {
    await arrived;
    await route.continue();
  });
  await page.goto("/");
  await page.getByText("Drop photos here").waitFor();
  await drop(page, sample, "image/jpeg");
  await page.getByRole("button", { name: "Sending photos…" }).waitFor();

  const away = page.getByRole("link", { name: "Todos" });
  const asked = page.getByRole("dialog", {
    name: "Photos are still being sent",
  });
  await away.click();
  await asked.getByRole("button", { name: "Stay" }).click();
  await asked.waitFor({ state: "detached" });
  assert.equal(page.url(), `${url}/`);

  const leaving = page.waitForEvent("dialog");
  await page.close({ runBeforeUnload: true });
  const native = await leaving;
  assert.equal(native.type(), "beforeunload");
  await native.dismiss();

  await away.click();
  await asked.getByRole("button", { name: "Leave" }).click();
  await page.waitForURL(`${url}/todos`);
  release();
  // Nothing is being sent any more, so nobody asks.
  await page.getByRole("link", { name: "Create" }).click();
  await page.waitForURL(`${url}/`);
  await context.close();
});

test("pressed again after a refusal, Create makes nothing twice, and the reason is where one presses", async () => {
  const { context } = await freshContext(browser);
  const page = await context.newPage();
  let wishes = 0;
  await page.route("**/api/v1/generations", (route) => {
    if (route.request().method() !== "POST" || ++wishes !== 2) return route.continue();
    return route.fulfill({
      status: 403,
      contentType: "application/problem+json",
      body: JSON.stringify({
        status: 403,
        title: "Forbidden",
        detail: "Not this one, not now.",
      }),
    });
  });
  const listed = async () =>
    (await (await context.request.get("/api/v1/generations?limit=100")).json()).map(
      (/** @type {{ id: string }} */ { id }) => id,
    );
  const before = await listed();
  await page.goto("/");
  await page.getByText("Drop photos here").waitFor();
  await drop(page, sample, "image/jpeg");
  const create = page.getByRole("button", { name: "Create 2 results" });
  await create.click();
  const notice = page.getByRole("form", { name: "Create" }).getByRole("alert");
  await notice.getByText("Not this one, not now.").waitFor();
  const [reason, button] = [await notice.boundingBox(), await create.boundingBox()];
  assert.ok(
    reason && button && button.y - (reason.y + reason.height) < 40,
    "just above the button",
  );
  assert.ok(reason.y >= 0 && reason.y + reason.height <= 900, "in sight");

  await create.click();
  await page.getByRole("heading", { name: "Just made" }).waitFor();
  const made = (await listed()).filter((/** @type {string} */ id) => !before.includes(id));
  assert.equal(made.length, 2);
  for (const id of made) await context.request.post(`/api/v1/generations/${id}/cancel`);
  await context.close();
});
