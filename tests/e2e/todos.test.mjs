import assert from "node:assert/strict";
import { test } from "node:test";
import {
  all,
  ask,
  completed,
  focusIsOn,
  opened,
  row,
  shareBrowser,
  shows,
  undo,
} from "./todos.mjs";

/** @typedef {import("./browser.mjs").Page} Page */
/** @typedef {import("./browser.mjs").BrowserContext} BrowserContext */

shareBrowser();

test("todos are added one after the other without leaving the field", async () => {
  const { context, page, close } = await opened([]);
  await page.getByRole("heading", { name: "Nothing to do yet" }).waitFor();
  await page.getByRole("link", { name: "Todos" }).waitFor();
  await page.getByRole("button", { name: "Add the first" }).click();
  await page.keyboard.type("Buy glue");
  await page.keyboard.press("Enter");
  await page.keyboard.type("Cut the strips");
  await page.keyboard.press("Enter");
  await shows(page, ["Cut the strips", "Buy glue"]);

  const form = page.getByRole("form", { name: "Add a todo" });
  await form.getByLabel("Title").fill("Draw a ball");
  await form.getByLabel("Priority").selectOption("7");
  await form.getByLabel("Due date").fill("2031-05-04");
  await form.getByLabel("Title").press("Enter");
  await row(page, "Draw a ball").getByText("Priority 7").waitFor();
  await row(page, "Draw a ball").getByText("Due May 4, 2031").waitFor();
  assert.ok(await form.getByLabel("Title").evaluate((field) => field === document.activeElement));
  assert.equal(await form.getByLabel("Priority").inputValue(), "0");

  const [newest] = await all(context);
  assert.equal(newest?.priority, 7);
  const due = await page.evaluate(() => new Date("2031-05-04T23:59:59").getTime());
  assert.equal(Date.parse(newest?.due_date ?? ""), due);
  await close();
});

test("what the server refuses is said at its field, and nothing typed is lost", async () => {
  const { page, close } = await opened([]);
  const title = page.getByRole("form", { name: "Add a todo" }).getByLabel("Title");
  await title.fill("a".repeat(201));
  await title.press("Enter");
  await page.getByText("Title must have 1 to 200 characters").waitFor();
  assert.equal(await title.getAttribute("aria-invalid"), "true");
  assert.equal(await title.inputValue(), "a".repeat(201));
  await title.fill("Shorter");
  await title.press("Enter");
  await shows(page, ["Shorter"]);
  assert.equal(await title.getAttribute("aria-invalid"), null);
  await close();
});

test("filters are in the address, so a link shows the same", async () => {
  const { context, page, close } = await opened([
    { title: "Sand the drum", priority: 5, due_date: "2031-01-01T12:00:00Z" },
    { title: "Sand the lid", priority: 5, completed: true },
    { title: "Paint the drum", priority: 2, due_date: "2032-01-01T12:00:00Z" },
  ]);
  await page.keyboard.press("/");
  await page.keyboard.type("sand");
  await shows(page, ["Sand the drum", "Sand the lid"]);
  await page.getByRole("radio", { name: "Open" }).check();
  await shows(page, ["Sand the drum"]);
  await page.waitForURL((address) => address.search === "?q=sand&completed=false");

  const filters = page.getByRole("region", { name: "Filters" });
  await filters.getByRole("button", { name: "Clear filters" }).click();
  await shows(page, ["Sand the drum", "Sand the lid", "Paint the drum"]);
  assert.equal(await filters.getByLabel("Search").inputValue(), "");
  await filters.getByLabel("Priority").selectOption("5");
  await filters.getByLabel("Due before").fill("2031-06-01");
  await shows(page, ["Sand the drum"]);
  await page.waitForURL(/priority=5&due_before=/);

  const other = await context.newPage();
  await other.goto(page.url());
  await shows(other, ["Sand the drum"]);
  assert.equal(await other.getByLabel("Due before").inputValue(), "2031-06-01");

  await other.goto("/todos?q=nothing+like+it");
  await other.getByRole("heading", { name: "None of these" }).waitFor();
  await other.getByRole("form", { name: "Add a todo" }).getByLabel("Title").fill("Varnish");
  await other.keyboard.press("Enter");
  await other.getByRole("button", { name: "Show all" }).last().click();
  await shows(other, ["Varnish", "Sand the drum", "Sand the lid", "Paint the drum"]);
  await close();
});

/**
 * To be asked for before what makes it: what is shown at once is not saved yet.
 * @param {import("playwright-core").Page} page
 */
function answerToAChange(page) {
  return page.waitForResponse(
    (answer) => answer.url().includes("/api/v1/todo") && answer.request().method() !== "GET",
  );
}

test("a todo is edited in its place; Escape leaves it as it was", async () => {
  const { context, page, close } = await opened([{ title: "Bend the rod" }]);
  await page.getByRole("button", { name: "Edit Bend the rod" }).click();
  const form = page.getByRole("form", { name: "Edit" });
  await form.getByLabel("Title").fill("Throw the rod away");
  await page.keyboard.press("Escape");
  await focusIsOn(page, "Bend the rod");

  await page.keyboard.press("Enter");
  await form.getByLabel("Title").fill("Bend the rod twice");
  await form.getByLabel("Description").fill("First");
  await form.getByLabel("Description").press("End");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("then again");
  await form.getByLabel("Priority").selectOption("3");
  await form.getByLabel("Due date").fill("2031-02-03");
  const saved = answerToAChange(page);
  await form.getByLabel("Description").press("Enter");
  await focusIsOn(page, "Bend the rod twice");
  await row(page, "then again").getByText("Due Feb 3, 2031").waitFor();
  await saved;
  const [todo] = await all(context);
  assert.equal(todo?.title, "Bend the rod twice");
  assert.equal(todo?.description, "First\nthen again");
  assert.equal(todo?.priority, 3);

  await page.keyboard.press("Enter");
  await form.getByLabel("Title").fill(" ");
  await page.keyboard.press("Enter");
  await form.getByText("Title must have 1 to 200 characters").waitFor();
  await form.getByLabel("Title").fill("Bend it");
  await form.getByLabel("Due date").fill("");
  const savedAgain = answerToAChange(page);
  await form.getByRole("button", { name: "Save" }).click();
  await form.waitFor({ state: "detached" });
  await savedAgain;
  const [now] = await all(context);
  assert.equal(now?.title, "Bend it");
  assert.equal(now?.due_date, null);
  await close();
});

test("an edit shows at once, and is taken back when the server cannot be reached", async () => {
  const { page, close } = await opened([{ title: "Oil the axle" }]);
  /** @type {() => void} */
  let release = () => undefined;
  const held = new Promise((resolve) => (release = () => resolve(undefined)));
  await page.route("**/api/v1/todo/*", async (route) => {
    await held;
    await route.abort();
  });
  await page.getByRole("button", { name: "Edit Oil the axle" }).click();
  await page.getByRole("form", { name: "Edit" }).getByLabel("Title").fill("Oil both axles");
  await page.keyboard.press("Enter");
  await shows(page, ["Oil both axles"]);
  release();
  const form = page.getByRole("form", { name: "Edit" });
  await form.getByText("The server cannot be reached").waitFor();
  assert.equal(await form.getByLabel("Title").inputValue(), "Oil both axles");
  await page.unroute("**/api/v1/todo/*");
  await form.getByRole("button", { name: "Save" }).click();
  await shows(page, ["Oil both axles"]);
  await close();
});

test("a todo that was changed elsewhere is said to be, and what was typed is kept", async () => {
  const { context, page, close } = await opened([{ title: "Fit the lamp", priority: 1 }]);
  const [todo] = await all(context);
  await page.getByRole("button", { name: "Edit Fit the lamp" }).click();
  const form = page.getByRole("form", { name: "Edit" });
  await form.getByLabel("Description").fill("The small one");
  await ask(context, "PATCH", `/api/v1/todo/${todo?.id}`, {
    title: "Fit two lamps",
    priority: 8,
  });

  const refused = page.waitForResponse((answer) => answer.status() === 412);
  await form.getByLabel("Description").press("Enter");
  assert.equal((await refused).request().headers()["if-match"], '"1"');
  const notice = form.getByRole("alert").filter({ hasText: "Changed elsewhere" });
  await notice.waitFor();
  assert.match(await notice.innerText(), /“Fit two lamps”.*priority is now 8/);
  assert.equal(await form.getByLabel("Title").inputValue(), "Fit two lamps");
  assert.equal(await form.getByLabel("Description").inputValue(), "The small one");

  const saved = answerToAChange(page);
  await form.getByLabel("Description").press("Enter");
  await form.waitFor({ state: "detached" });
  await saved;
  const [now] = await all(context);
  assert.equal(now?.description, "The small one");
  assert.equal(now?.title, "Fit two lamps");
  assert.equal(now?.priority, 8);
  await close();
});

test("a todo is completed and leaves the list of what is open", async () => {
  const { context, page, close } = await opened(
    [{ title: "Turn it" }, { title: "Watch it" }],
    {},
    "/todos?completed=false",
  );
  await page.getByRole("checkbox", { name: "Complete Turn it" }).click();
  await shows(page, ["Watch it"]);
  assert.deepEqual(await completed(context), ["Turn it"]);
  await undo(page).click();
  await shows(page, ["Turn it", "Watch it"]);
  assert.deepEqual(await completed(context), []);
  await close();
});

test("many are completed at once, and undoing opens only those that were open", async () => {
  const { context, page, close } = await opened([
    { title: "One" },
    { title: "Two", completed: true },
    { title: "Three" },
    { title: "Four" },
  ]);
  for (const title of ["One", "Two", "Three"])
    await page.getByRole("checkbox", { name: `Select ${title}` }).check();
  await page.getByText("3 selected").waitFor();
  await page.getByRole("button", { name: "Complete", exact: true }).click();
  await page.getByRole("status").getByText("Completed 2 todos").waitFor();
  assert.deepEqual(await completed(context), ["One", "Two", "Three"]);
  await undo(page).click();
  await page.getByRole("status").getByText("Undone").waitFor();
  assert.deepEqual(await completed(context), ["Two"]);
  assert.equal(await page.getByRole("checkbox", { name: "Complete One" }).isChecked(), false);
  await close();
});

test("many are deleted at once, and undoing brings all of each back", async () => {
  const rich = {
    description: "Of brass",
    priority: 4,
    due_date: "2031-01-01T12:00:00Z",
  };
  const { context, page, close } = await opened([
    { title: "Top", ...rich },
    { title: "Middle", completed: true },
    { title: "Bottom" },
  ]);
  const was = (await all(context)).map(({ id: _id, version: _version, ...todo }) => todo);
  await page.getByRole("checkbox", { name: "Select all shown" }).check();
  await page.getByRole("checkbox", { name: "Select Bottom" }).uncheck();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await shows(page, ["Bottom"]);
  await page.getByRole("status").getByText("Deleted 2 todos").waitFor();
  assert.deepEqual(
    (await all(context)).map(({ title }) => title),
    ["Bottom"],
  );
  await undo(page).click();
  await shows(page, ["Top", "Middle", "Bottom"]);
  const now = (await all(context)).map(({ id: _id, version: _version, ...todo }) => todo);
  const timeless = (/** @type {any[]} */ todos) =>
    todos.map(({ created_at: _created_at, ...todo }) => todo);
  assert.deepEqual(timeless(now), timeless(was));
  await close();
});

test("without bulk requests many are still changed, one by one", async () => {
  const { context, page, close } = await opened([{ title: "Left" }, { title: "Right" }]);
  await page.route("**/api/v1/todo/bulk", (route) =>
    route.fulfill({
      status: 404,
      contentType: "application/problem+json",
      body: "{}",
    }),
  );
  await page.getByRole("checkbox", { name: "Select all shown" }).check();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await undo(page).click();
  await shows(page, ["Left", "Right"]);
  assert.equal((await all(context)).length, 2);
  await close();
});

test("everything can be done by keys", async () => {
  const { context, page, close } = await opened([
    { title: "First" },
    { title: "Second" },
    { title: "Third" },
  ]);
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).getByText("Add a todo").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });

  await page.keyboard.press("n");
  await page.keyboard.type("Zeroth");
  await page.keyboard.press("Enter");
  await shows(page, ["Zeroth", "First", "Second", "Third"]);
  await page.keyboard.press("Escape");
  for (const key of ["x", "c", "Delete"]) await page.keyboard.press(key); // about no todo
  await page.keyboard.press("j");
  await focusIsOn(page, "Zeroth");
  await page.keyboard.press("j");
  await page.keyboard.press("ArrowDown");
  await focusIsOn(page, "Second");
  await page.keyboard.press("k");
  await focusIsOn(page, "First");
  await page.keyboard.press("Space");
  await page.getByRole("status").getByText("Completed “First”").waitFor();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("c");
  await page.getByRole("status").getByText("Completed “Zeroth”").waitFor();
  assert.deepEqual(await completed(context), ["Zeroth", "First"]);

  await page.keyboard.press("x");
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  assert.equal(await row(page, "Zeroth").getAttribute("aria-selected"), "true");
  await page.keyboard.press("Delete");
  await shows(page, ["Second", "Third"]);
  await focusIsOn(page, "Second");
  await page.getByRole("status").getByText("Deleted 2 todos").waitFor();
  await page.keyboard.press("u");
  await shows(page, ["Zeroth", "First", "Second", "Third"]);

  await focusIsOn(page, "Second");
  await page.keyboard.press("Enter");
  await page.keyboard.press("End");
  await page.keyboard.type(" thoughts");
  await page.keyboard.press("Enter");
  await focusIsOn(page, "Second thoughts");
  await close();
});

test("a long list is loaded page by page", async () => {
  const { page, close } = await opened(
    Array.from({ length: 60 }, (_, index) => ({ title: `Slit ${index}` })),
  );
  await row(page, /Slit 49$/).waitFor();
  assert.equal(await page.getByRole("row").count(), 50);
  await page.getByRole("button", { name: "Show more" }).click();
  await row(page, /Slit 59$/).waitFor();
  assert.equal(await page.getByRole("row").count(), 60);
  await page.getByRole("button", { name: "Show more" }).waitFor({ state: "detached" });
  await close();
});

test("a list that cannot be read is said plainly, and trying again works", async () => {
  const { page, close } = await opened([{ title: "Still there" }]);
  await page.route("**/api/v1/todo?*", (route) => route.abort());
  await page.goto("/todos?q=still");
  const notice = page.getByRole("alert").filter({ hasText: "The server cannot be reached" });
  await notice.waitFor();
  await page.unroute("**/api/v1/todo?*");
  await notice.getByRole("button", { name: "Try again" }).click();
  await shows(page, ["Still there"]);
  await close();
});
