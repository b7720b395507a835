// A server of one's own for each file of scenarios, so that files can run beside each other.
//
// ZOETROPE_BINARY  the server (default: build/dev/bin/zoetrope)

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const binary = path.resolve(root, process.env["ZOETROPE_BINARY"] ?? "build/dev/bin/zoetrope");

/**
 * A server without accounts, which prints a link into its studio and one to the first account. It lives as long as this process, and
 * does not keep it alive: a scenario that fails half-way would wait for it for ever.
 * @param {string[]} [settings]
 */
export async function started(settings = []) {
  const data = mkdtempSync(path.join(tmpdir(), "zoetrope-e2e-"));
  const cheap = ["--auth-argon2-passes", "1", "--auth-registrations-per-address", "0"];
  const server = spawn(
    binary,
    ["serve", "--listen", "127.0.0.1:0", "--data", data, ...cheap, ...settings],
    { cwd: root, stdio: ["ignore", "pipe", "inherit"] },
  );
  process.once("exit", () => {
    server.kill("SIGKILL");
    rmSync(data, { recursive: true, force: true, maxRetries: 5 });
  });
  /** @type {{ link: URL, studio: URL }} */
  const links = await new Promise((resolve, reject) => {
    let said = "";
    server.once("exit", () => reject(new Error(`the server ended: ${said}`)));
    server.stdout.setEncoding("utf8").on("data", (text) => {
      said += text;
      const studio = /http:\S+\/open#\S+(?=\s)/.exec(said);
      const link = /http:\S+\/welcome#\S+(?=\s)/.exec(said);
      if (studio && link) resolve({ link: new URL(link[0]), studio: new URL(studio[0]) });
    });
  });
  server.unref();
  /** @type {import("node:net").Socket} */ (server.stdout).unref();
  return { ...links, origin: links.link.origin, outbox: path.join(data, "outbox") };
}
