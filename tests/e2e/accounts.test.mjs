// The accounts rooms: the first scenarios find a server without accounts, the others have theirs.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { freshContext, launch, seriousProblems, server, url } from "./browser.mjs";
import { started } from "./server.mjs";

/** @typedef {import("./browser.mjs").Page} Page */
/** @typedef {import("./browser.mjs").BrowserContext} BrowserContext */

const PASSWORD = "twelve strips of card";
const CHROME_ON_MAC =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/**
 * A device that nobody has used yet.
 * @param {import("./browser.mjs").ContextOptions} [options]
 */
async function device(options) {
  const { context, complaints } = await freshContext(browser, options);
  const close = async () => {
    assert.deepEqual(complaints, []);
    await context.close();
  };
  return { context, page: await context.newPage(), close };
}

/**
 * The links to this page in the mails to that address, in the order of the mails.
 * @param {string} email
 * @param {string} pathname
 */
async function mailedLinks(email, pathname) {
  const names = await readdir(server.outbox).catch(() => []);
  const mails = await Promise.all(
    names
      .filter((name) => name.endsWith(".eml")) // named by when they were written
      .sort()
      .map((name) => readFile(path.join(server.outbox, name), "utf8")),
  );
  return mails
    .filter((mail) => mail.includes(`To: <${email}>`))
    .flatMap((mail) => mail.split(/^--part-.*$/m).filter((part) => part.includes("text/plain")))
    .map((part) => Buffer.from(part.split("\r\n\r\n")[1] ?? "", "base64").toString())
    .flatMap((text) => text.match(/http\S+/g) ?? [])
    .filter((link) => new URL(link).pathname === pathname);
}

/**
 * The newest of so many links.
 * @param {import("node:test").TestContext} t
 * @param {string} email
 * @param {string} pathname
 */
function mailedLink(t, email, pathname, count = 1) {
  const newest = async () => {
    const links = await mailedLinks(email, pathname);
    assert.equal(links.length, count);
    return /** @type {string} */ (links.at(-1));
  };
  return t.waitFor(newest, { interval: 50, timeout: 15_000 });
}

/** @param {Page} page @param {string} label */
const field = (page, label) => page.getByLabel(label, { exact: true });

/** @param {Page} page @param {string} name @param {string} [password] */
async function fillSignIn(page, name, password = PASSWORD) {
  await field(page, "Name or e-mail").fill(name);
  await field(page, "Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** @param {Page} page @param {string} name */
async function fillAccount(page, name) {
  await field(page, "E-mail").fill(`${name}@example.com`);
  await field(page, "Name").fill(name);
  await field(page, "Password").fill(PASSWORD);
  await page.getByRole("button", { name: /^Make (an|the first) account$/ }).click();
}

/**
 * A device on which this user is at that address.
 * @param {string} name
 * @param {string} address
 * @param {import("./browser.mjs").ContextOptions} [options]
 */
async function signedIn(name, address, options) {
  const opened = await device(options);
  await opened.page.goto(`/sign-in?next=${encodeURIComponent(address)}`);
  await fillSignIn(opened.page, name);
  await opened.page.waitForURL(new URL(address, server.link).href);
  return opened;
}

/** @param {Page} page @param {string} title */
async function addTodo(page, title) {
  const form = page.getByRole("form", { name: "Add a todo" });
  await form.getByLabel("Title").fill(title);
  await form.getByLabel("Title").press("Enter");
  await page.getByRole("row").filter({ hasText: title }).waitFor();
}

/** @param {Page} page */
const isLive = (page) => page.locator("[data-connection=live]").waitFor();

/**
 * Whoever was signed out elsewhere learns it by the next call. The page may have made one by itself: then the click
 * finds no link, or the page on its way.
 * @param {Page} page
 */
async function goesToSignIn(page) {
  const account = page.getByRole("link", { name: "Account", exact: true });
  await account
    .evaluateAll((links) => links.forEach((link) => link instanceof HTMLElement && link.click()))
    .catch(() => undefined);
  await page.waitForFunction(() => location.pathname === "/sign-in" && location.search !== "");
}

test("a browser is let in by the link that the server printed, and stays in", async () => {
  const context = await browser.newContext({ baseURL: url });
  const page = await context.newPage();
  for (const address of ["/", "/todos", "/open"]) {
    await page.goto(address);
    await page.getByText("Open the whole link").waitFor();
  }
  await page.goto("/open#cut-off");
  await page.getByText("This is not the link of this server").waitFor();

  await page.goto("about:blank");
  await page.goto(server.studio.href);
  await page.waitForURL(new URL("/", url).href);
  await isLive(page);
  await page.reload();
  await isLive(page);
  assert.ok(!(await page.evaluate(() => document.cookie)).includes("zt_local"));
  const tab = await context.newPage();
  await tab.goto("/todos");
  await tab.getByRole("form", { name: "Add a todo" }).waitFor();
  await context.close();
});

test("a server without accounts lets in, and says how the first is made", async () => {
  const { page, close } = await device();
  await page.goto("/account");
  await page.getByRole("heading", { name: "This server serves only this machine" }).waitFor();
  await page.goto("/sign-in");
  await page.getByRole("heading", { name: "There is nothing to sign in to yet" }).waitFor();
  await page.goto("/welcome");
  await page.getByText("The address is not whole").waitFor();
  await page.goto("/todos");
  await addTodo(page, "Made before there were accounts");
  await close();
});

test("the link makes the first administrator, who has what was made before", async () => {
  const { page, close } = await device();
  await page.goto("/welcome#cut-off");
  await fillAccount(page, "ann");
  await page.getByRole("alert").filter({ hasText: "open the link" }).waitFor();

  await page.goto("about:blank");
  await page.goto(server.link.href);
  await field(page, "Name").fill("x");
  await field(page, "Password").fill("short");
  await page.getByRole("button", { name: "Make the first account" }).click();
  await page.getByText("Name must have 3 to 64 letters").waitFor();
  await page.getByText("Password must have at least 8 characters").waitFor();
  assert.ok(await field(page, "E-mail").evaluate((input) => input === document.activeElement));
  await fillAccount(page, "ann");
  await page.waitForURL(new URL("/", server.link).href);
  await isLive(page);
  await page.getByRole("link", { name: "Todos" }).click();
  await page.getByRole("row").filter({ hasText: "Made before there were accounts" }).waitFor();

  const { page: late, close: closeLate } = await device();
  await late.goto(server.link.href);
  await late.getByText("there is an administrator already").waitFor();
  await closeLate();
  await close();
});

test("who signs out comes back to where they were, and the live connection with them", async () => {
  const { page, close } = await signedIn("ann", "/todos?completed=false");
  await isLive(page);
  await page.getByRole("link", { name: "Account", exact: true }).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.waitForURL(/\/sign-in$/);

  await page.goto("/todos?completed=false");
  await page.waitForURL(/\/sign-in\?next=/);
  await fillSignIn(page, "ann", "a wrong one");
  await page.getByRole("alert").filter({ hasText: "The name or the password is wrong" }).waitFor();
  assert.equal(await field(page, "Name or e-mail").inputValue(), "ann");
  await fillSignIn(page, "Ann@Example.com");
  await page.waitForURL(/\/todos\?completed=false$/);
  await isLive(page);
  await close();
});

test("the address to come back to never leads to another site", async () => {
  for (const next of [
    "https://example.com/",
    "//example.com",
    "/.//example.com",
    "/\\example.com",
  ]) {
    const { page, close } = await device();
    await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
    await fillSignIn(page, "ann");
    await page.getByRole("navigation", { name: "Rooms" }).waitFor();
    assert.equal(new URL(page.url()).origin, url, next);
    await close();
  }
});

test("a second account sees nothing of the first, and nothing for administrators", async () => {
  const { page, close } = await device();
  await page.goto("/todos");
  await page.getByRole("link", { name: "Make an account" }).click();
  await fillAccount(page, "ann");
  await page.getByText("E-mail is taken").or(page.getByText("Name is taken")).waitFor();
  await fillAccount(page, "ben");
  await page.waitForURL(/\/todos$/);
  await page.getByRole("heading", { name: "Nothing to do yet" }).waitFor();
  await page.getByRole("link", { name: "Account", exact: true }).click();
  await page.getByText("ben@example.com").waitFor();
  assert.equal(await page.getByRole("link", { name: "Users" }).count(), 0);
  await page.goto("/users");
  await page.getByRole("heading", { name: "For administrators" }).waitFor();
  await close();
});

/** @param {string} name @param {string} address */
async function registered(name, address) {
  const opened = await device();
  await opened.page.goto(`/register?next=${encodeURIComponent(address)}`);
  await fillAccount(opened.page, name);
  await opened.page.waitForURL(new URL(address, server.link).href);
  return opened;
}

test("who forgot the password sets a new one through a mail, once", async (t) => {
  const elsewhere = await registered("cat", "/todos");
  const { page, close } = await device();
  await page.goto("/sign-in");
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await field(page, "E-mail").fill("cat");
  await page.getByRole("button", { name: "Send the mail" }).click();
  await page.getByText("E-mail must be the address").waitFor();
  await field(page, "E-mail").fill("nobody@example.com");
  await page.getByRole("button", { name: "Send the mail" }).click();
  await page.getByText("If nobody@example.com has an account").waitFor();
  await page.getByRole("button", { name: "Use another address" }).click();
  await field(page, "E-mail").fill("Cat@example.com");
  await page.getByRole("button", { name: "Send the mail" }).click();
  await page.getByText("If Cat@example.com has an account").waitFor();

  const link = await mailedLink(t, "cat@example.com", "/reset");
  await page.goto(link);
  const set = page.getByRole("button", { name: "Set the password" });
  await field(page, "New password").fill("short");
  await set.click();
  await page.getByText("New password must have at least 8 characters").waitFor();
  assert.equal(await field(page, "New password").getAttribute("autocomplete"), "new-password");
  await field(page, "New password").fill("a mirror in a drum");
  await page.getByRole("button", { name: "Show the new password" }).click();
  assert.equal(await field(page, "New password").getAttribute("type"), "text");
  await set.click();
  await page.waitForURL(new URL("/", server.link).href);
  await page.getByRole("link", { name: "Account", exact: true }).click();
  await page.getByText("A new password was set").waitFor();
  await page.getByText("Somebody asked for a mail to set a new password").waitFor();
  assert.equal(await page.getByText("Your address is not confirmed yet").count(), 0);
  await goesToSignIn(elsewhere.page);

  await page.goto(link);
  await field(page, "New password").fill("another one of these");
  await set.click();
  await page.getByRole("heading", { name: "This link is no good any more" }).waitFor();
  await page.getByRole("link", { name: "Ask for another mail" }).click();
  await field(page, "E-mail").waitFor();
  await elsewhere.close();
  await close();
});

test("an address is confirmed through a mail, signed in or not", async (t) => {
  const { page, close } = await registered("dan", "/account");
  const notice = page.getByText("Your address is not confirmed yet");
  await notice.waitFor();
  const first = await mailedLink(t, "dan@example.com", "/verify");
  await page.getByRole("button", { name: "Send the mail again" }).click();
  await page.getByText("A mail is on its way").waitFor();
  const second = await mailedLink(t, "dan@example.com", "/verify", 2);

  const stranger = await device();
  await stranger.page.goto("/verify#cut-off");
  await stranger.page.getByRole("heading", { name: "This link is no good any more" }).waitFor();
  await stranger.page.goto("about:blank");
  await stranger.page.goto(second);
  await stranger.page.getByRole("heading", { name: "Your address is confirmed" }).waitFor();
  await stranger.page.getByRole("link", { name: "Sign in" }).waitFor();
  await stranger.page.reload();
  await stranger.page.getByRole("heading", { name: "This link is no good any more" }).waitFor();
  await stranger.close();

  await page.goto(first);
  await page.getByRole("heading", { name: "Your address is confirmed" }).waitFor();
  await page.getByRole("link", { name: "Go to Create" }).click();
  await page.getByRole("link", { name: "Account", exact: true }).click();
  await page.getByText("Address confirmed").first().waitFor();
  assert.equal(await notice.count(), 0);
  await close();
});

test("all other devices are signed out at once, and this one stays", async () => {
  const others = [await signedIn("dan", "/todos"), await signedIn("dan", "/todos")];
  const { page, close } = await signedIn("dan", "/account");
  await page.getByRole("button", { name: "Sign out all others" }).click();
  await page.getByText("Your other devices are signed out").waitFor();
  await page.getByText("All other devices signed out").waitFor();
  await page.getByText("This device").waitFor();
  assert.equal(await page.getByRole("list", { name: "Devices" }).getByRole("listitem").count(), 1);
  for (const other of others) {
    await goesToSignIn(other.page);
    await other.close();
  }
  await close();
});

test("an expired access token is renewed once for all calls, and nobody notices", async () => {
  const { context, page, close } = await signedIn("ann", "/todos");
  await isLive(page);
  await context.clearCookies({ name: "zt_access" });
  const renewals = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/auth/refresh")) renewals.push(request);
  });
  await page.goto("/account");
  await page.getByRole("list", { name: "Devices" }).waitFor();
  await page.getByRole("list", { name: "Recent activity" }).waitFor();
  await isLive(page);
  assert.equal(renewals.length, 1);

  await context.clearCookies({ name: "zt_access" });
  await page.getByRole("link", { name: "Todos" }).click();
  await addTodo(page, "Made after it had expired");
  await close();
});

test("a session is renewed before its access token expires, for pictures cannot do it", async () => {
  const brief = await started(["--auth-access-ttl", "10"]);
  const { context } = await freshContext(browser, { baseURL: brief.origin });
  const page = await context.newPage();
  await page.goto(brief.link.href);
  await fillAccount(page, "ann");
  await isLive(page);
  await page.waitForResponse((answer) => answer.url().endsWith("/auth/refresh") && answer.ok());
  await context.close();
});

test("a key is made, shown once, works, and is deleted", async () => {
  const { page, close } = await signedIn("ann", "/account", {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  await page.getByRole("heading", { name: "No keys yet" }).waitFor();
  await page.getByRole("button", { name: "Make a key" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Make the key" }).click();
  await dialog.getByText("Name must have 1 to 100 characters").waitFor();
  await dialog.getByText("Choose what the key is for").waitFor();
  await dialog.getByLabel("Name").fill("The printer");
  await dialog.getByLabel("Todos").check();
  await dialog.getByLabel("Expires after").selectOption("30");
  await dialog.getByRole("button", { name: "Make the key" }).click();
  const key = await dialog.getByLabel("The printer").inputValue();
  await dialog.getByRole("button", { name: "Copy" }).click();
  await dialog.getByText("Copied").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), key);
  await dialog.getByRole("button", { name: "Done" }).click();
  const row = page.getByRole("list", { name: "API keys" }).getByRole("listitem");
  await row.filter({ hasText: "The printer" }).filter({ hasText: "Todos" }).waitFor();
  assert.ok(!(await page.content()).includes(key));

  const anybody = await browser.newContext({ baseURL: url });
  const asked = () =>
    anybody.request.get("/api/v1/todo", { headers: { Authorization: `Bearer ${key}` } });
  assert.equal((await asked()).status(), 200);
  await page.getByRole("button", { name: "Delete The printer" }).click();
  await dialog.getByRole("button", { name: "Delete the key" }).click();
  await page.getByRole("heading", { name: "No keys yet" }).waitFor();
  assert.equal((await asked()).status(), 401);
  await page.getByText("API key “The printer” made").waitFor();
  await page.getByText("API key “The printer” deleted").waitFor();
  await anybody.close();
  await close();
});

test("another device is signed out from the account page", async () => {
  const other = await signedIn("ben", "/todos", { userAgent: CHROME_ON_MAC });
  await isLive(other.page);
  const { page, close } = await signedIn("ben", "/account");
  const devices = page.getByRole("list", { name: "Devices" }).getByRole("listitem");
  await devices.filter({ hasText: "This device" }).filter({ hasText: "Chrome on Linux" }).waitFor();
  await devices
    .filter({ hasText: "Chrome on Mac" })
    .getByRole("button", { name: "Sign out" })
    .click();
  await devices.filter({ hasText: "Chrome on Mac" }).waitFor({ state: "detached" });
  await page.getByText("Device signed out: Chrome on Mac").waitFor();

  await other.page.getByRole("link", { name: "Account", exact: true }).click();
  await other.page.waitForURL(/\/sign-in\?next=%2Faccount$/);
  await page.reload();
  await devices.filter({ hasText: "This device" }).waitFor();
  await other.close();
  await close();
});

test("signing out everywhere ends every device and every tab", async () => {
  const other = await signedIn("ben", "/todos");
  const { context, page, close } = await signedIn("ben", "/account");
  const tab = await context.newPage();
  await tab.goto("/todos");
  await page.getByRole("button", { name: "Sign out everywhere" }).click();
  const dialog = page.getByRole("dialog");
  assert.ok(await dialog.getByRole("checkbox", { name: /^End my API keys too/ }).isChecked());
  await dialog.getByRole("button", { name: "Sign out everywhere" }).click();
  await page.waitForURL(/\/sign-in$/);
  await tab.waitForURL(/\/sign-in\?next=%2Ftodos$/);
  await goesToSignIn(other.page);
  await fillSignIn(page, "ben");
  await tab.getByRole("heading", { name: "Nothing to do yet" }).waitFor();
  await other.close();
  await close();
});

test("the password is changed, and what is wrong is said at its field", async () => {
  const { page, close } = await signedIn("ben", "/account");
  const form = page.getByRole("form", { name: "Change the password" });
  const change = form.getByRole("button", { name: "Change the password" });
  const endsKeys = form.getByRole("checkbox", { name: /^End my API keys too/ });
  assert.ok(!(await endsKeys.isChecked()));
  await field(page, "Current password").fill("a wrong one");
  await field(page, "New password").fill("short");
  await change.click();
  await form.getByText("New password must have at least 8 characters").waitFor();
  await field(page, "New password").fill("a drum with twelve slits");
  await change.click();
  await form.getByText("Current password is wrong").waitFor();
  await field(page, "Current password").fill(PASSWORD);
  await form.getByRole("button", { name: "Show the new password" }).click();
  assert.equal(await field(page, "New password").getAttribute("type"), "text");
  await change.click();
  await page.getByText("Your password is changed").waitFor();
  await field(page, "Current password").fill("a drum with twelve slits");
  await field(page, "New password").fill(PASSWORD);
  await change.click();
  await page.getByText("Password changed", { exact: true }).nth(1).waitFor();
  await close();
});

test("after many wrong passwords it says how long to wait", async () => {
  const { page, close } = await device();
  await page.goto("/sign-in");
  const wait = page.getByRole("button", { name: /^Try again in \d+ s$/ });
  for (let tries = 0; tries < 30 && (await wait.count()) === 0; ++tries) {
    const answer = page.waitForResponse((given) => given.url().endsWith("/auth/login"));
    await fillSignIn(page, "nobody", "a wrong one");
    if ((await answer).status() === 429) await wait.waitFor();
  }
  assert.ok(await wait.isDisabled());
  await close();
});

test("administrators change roles and lock users out; the last of them cannot fall", async () => {
  const { page, close } = await signedIn("ann", "/users");
  const users = page.getByRole("list", { name: "Users" }).getByRole("listitem");
  const [ann, ben] = ["ann@", "ben@"].map((hasText) => users.filter({ hasText }));
  assert.ok(ann && ben);
  await ann.getByRole("radio", { name: "Member" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Become a member" }).click();
  await ann.getByText("This is the last administrator").waitFor();
  assert.ok(await ann.getByRole("radio", { name: "Admin" }).isChecked());

  const locked = await signedIn("ben", "/todos");
  await ben.getByRole("button", { name: "Disable ben" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
  await ben.getByText(/^Disabled/).waitFor();
  await goesToSignIn(locked.page);
  const left = new URL(locked.page.url()).searchParams.get("next") ?? "";
  assert.match(left, /^\/(account|todos)$/);
  await fillSignIn(locked.page, "ben");
  await locked.page.getByText("This account is disabled").waitFor();
  await ben.getByRole("button", { name: "Enable ben" }).click();
  await ben.getByText(/^Since/).waitFor();
  await fillSignIn(locked.page, "ben");
  await locked.page.waitForURL((address) => address.pathname === left);

  await ben.getByRole("radio", { name: "Admin" }).click();
  await ben.getByRole("radio", { name: "Admin", checked: true }).waitFor();
  await locked.page.goto("/users");
  await locked.page.getByRole("list", { name: "Users" }).waitFor();
  await ben.getByRole("radio", { name: "Member" }).click();
  await ben.getByRole("radio", { name: "Member", checked: true }).waitFor();
  await locked.page.reload();
  await locked.page.getByRole("heading", { name: "For administrators" }).waitFor();
  await locked.close();
  await close();
});

test("everything one owns is downloaded as one file, and goes with the account", async () => {
  const { page, close } = await registered("gus", "/todos");
  await addTodo(page, "a todo of gus");
  await page.goto("/account");
  const coming = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download everything" }).click();
  const file = await coming;
  assert.match(file.suggestedFilename(), /^zoetrope-\d{4}-\d\d-\d\d\.zip$/);
  const zip = await readFile(await file.path());
  for (const name of ["account.json", "todos.json", "audit.json"]) assert.ok(zip.includes(name));

  const other = await signedIn("gus", "/todos");
  await page.getByRole("button", { name: "Delete the account" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete your account?" });
  await dialog.getByLabel("Password", { exact: true }).fill("not this one");
  await dialog.getByRole("button", { name: "Delete everything" }).click();
  await dialog.getByText("Password is wrong").waitFor();
  await dialog.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await dialog.getByRole("button", { name: "Delete everything" }).click();
  await page.waitForURL(/\/sign-in$/);
  await fillSignIn(page, "gus");
  await page.getByText("The name or the password is wrong").waitFor();
  await goesToSignIn(other.page);
  await other.close();
  await close();
});

test("administrators take an account away, with everything it owns", async () => {
  await (await registered("hal", "/")).close();
  const { page, close } = await signedIn("ann", "/users");
  const users = page.getByRole("list", { name: "Users" }).getByRole("listitem");
  const hal = users.filter({ hasText: "hal@" });
  await hal.getByRole("button", { name: "Delete hal" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete everything" }).click();
  await hal.waitFor({ state: "detached" });
  assert.equal(
    await users
      .filter({ hasText: "ann@" })
      .getByRole("button", { name: /^Delete/ })
      .count(),
    0,
  );
  await close();
});

test("what the server cannot do now is said, and tried again", async () => {
  const { page, close } = await signedIn("ann", "/todos");
  await page.route("**/api/v1/auth/sessions", (route) => route.abort());
  await page.getByRole("link", { name: "Account", exact: true }).click();
  const notice = page.getByRole("alert").filter({ hasText: "The server cannot be reached" });
  await notice.waitFor();
  await page.unroute("**/api/v1/auth/sessions");
  await notice.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("list", { name: "Devices" }).waitFor();
  await close();
});

const looks = /** @type {const} */ ([
  { width: 1440, height: 900, colorScheme: "light" },
  { width: 360, height: 740, colorScheme: "dark" },
]);
for (const { colorScheme, ...viewport } of looks) {
  test(`the accounts rooms can be used by all, ${viewport.width} px and ${colorScheme}`, async () => {
    const phone = viewport.width === 360;
    const options = { viewport, colorScheme, reducedMotion: /** @type {const} */ ("reduce") };
    const touch = phone ? { hasTouch: true, isMobile: true } : {};
    const { page, close } = await device({ ...options, ...touch });
    /** @param {string} state */
    const passes = async (state) => {
      assert.deepEqual(await seriousProblems(page), [], state);
      const { width, small } = await page.evaluate(() => ({
        width: document.documentElement.scrollWidth,
        small: [
          ...document.querySelectorAll(
            "button, header a, main input:not([type=checkbox], [type=radio]), label:has(input), select",
          ),
        ]
          .filter((target) => target.checkVisibility())
          .map((target) => ({
            target: target.outerHTML.slice(0, 120),
            box: target.getBoundingClientRect(),
          }))
          .filter(({ box }) => box.width < 44 || box.height < 44),
      }));
      assert.equal(width, viewport.width, state);
      if (phone) assert.deepEqual(small, [], state);
    };
    await page.goto("/register");
    await page.getByRole("button", { name: "Make an account" }).click();
    await page.getByText("Name must have").waitFor();
    await passes("register");
    await page.goto("/forgot");
    await page.getByRole("button", { name: "Send the mail" }).click();
    await page.getByText("E-mail must be").waitFor();
    await passes("forgot");
    await page.goto("/reset#cut-off");
    await page.getByRole("button", { name: "Set the password" }).click();
    await page.getByText("New password must have").waitFor();
    await passes("reset");
    await page.goto("/verify#cut-off");
    await page.getByRole("alert").waitFor();
    await passes("verify");
    await page.goto("/sign-in?next=/account");
    await fillSignIn(page, "ann", "a wrong one");
    await page.getByRole("alert").waitFor();
    await passes("sign in");
    await fillSignIn(page, "ann");
    await page.getByRole("list", { name: "Devices" }).waitFor();
    await page.getByRole("list", { name: "Recent activity" }).waitFor();
    await passes("account");
    await page.getByRole("button", { name: "Make a key" }).click();
    await page.getByRole("button", { name: "Make the key" }).click();
    await page.getByText("Name must have").waitFor();
    await passes("making a key");
    await page.goto("/users");
    await page.getByRole("list", { name: "Users" }).waitFor();
    await passes("users");
    await close();
  });
}
