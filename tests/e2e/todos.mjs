// What the tests of the todos room share.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { freshContext, launch, url } from "./browser.mjs";

/** @typedef {import("./browser.mjs").Page} Page */
/** @typedef {import("./browser.mjs").BrowserContext} BrowserContext */
/** @typedef {{ id: number, title: string, description: string, priority: number, due_date: string | null, completed: boolean, version: number }} Todo */

/** @type {import("playwright-core").Browser} */
let browser;
/** For the top of a test file: one browser for all its tests. */
export function shareBrowser() {
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());
}

/**
 * Speaks to the API as another client would.
 * @param {BrowserContext} context
 * @param {string} method
 * @param {string} address
 * @param {unknown} [data]
 */
export async function ask(context, method, address, data) {
  const answer = await context.request.fetch(address, {
    method,
    headers: { Origin: url },
    data,
  });
  assert.ok(answer.ok(), `${method} ${address}: ${answer.status()} ${await answer.text()}`);
  const text = await answer.text();
  return text ? JSON.parse(text) : null;
}

/** @param {BrowserContext} context @returns {Promise<Todo[]>} */
export const all = (context) => ask(context, "GET", "/api/v1/todo?limit=200");

/** @param {BrowserContext} context */
export const completed = async (context) =>
  (await all(context)).filter((todo) => todo.completed).map(({ title }) => title);

/**
 * A page of a list that holds these and nothing else, the first of them at its top.
 * @param {Partial<Todo>[]} todos
 * @param {import("./browser.mjs").ContextOptions} [options]
 * @param {string} [address]
 */
export async function opened(todos, options, address = "/todos") {
  const { context, complaints } = await freshContext(browser, options);
  for (let old = await all(context); old.length > 0; old = await all(context))
    await ask(context, "DELETE", "/api/v1/todo/bulk", {
      ids: old.map(({ id }) => id),
    });
  if (todos.length > 0) await ask(context, "POST", "/api/v1/todo/bulk", todos.toReversed());
  const page = await context.newPage();
  await page.goto(address);
  await page.locator("[role=row], h2").first().waitFor();
  const close = async () => {
    assert.deepEqual(complaints, []);
    await context.close();
  };
  return { context, page, close };
}

/** @param {Page} page @param {string | RegExp} title */
export const row = (page, title) => page.getByRole("row").filter({ hasText: title });

/** @param {Page} page @param {string[]} titles */
export async function shows(page, titles) {
  await page.waitForFunction(
    (wanted) =>
      JSON.stringify(
        [...document.querySelectorAll("[role=row] button > span:nth-child(2)")].map(
          (title) => title.textContent,
        ),
      ) === wanted,
    JSON.stringify(titles),
  );
}

/** @param {Page} page @param {string} title */
export async function focusIsOn(page, title) {
  await page.waitForFunction(
    (text) =>
      document.activeElement?.matches("[role=row]") &&
      document.activeElement.textContent?.includes(text),
    title,
  );
}

/** @param {Page} page */
export const undo = (page) => page.getByRole("status").getByRole("button", { name: "Undo" });
