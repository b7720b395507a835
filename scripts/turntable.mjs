// turntable.mjs MODEL.glb PICTURE.png: the model from four sides, drawn by model-viewer in Debian's Chromium.
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(new URL("../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const [model, picture] = process.argv.slice(2);
const side = 300;
const angles = [0, 45, 90, 180];

const page_text = `<!doctype html><body style="margin:0;display:flex;background:#808080">
<script type="module" src="/viewer.js"></script>
${angles.map((angle) => `<model-viewer src="/model.glb" camera-orbit="${angle}deg 80deg auto" interaction-prompt="none"
  style="width:${side}px;height:${side}px"></model-viewer>`).join("")}`;
const files = {
    "/": ["text/html", page_text],
    "/viewer.js": ["text/javascript", await readFile(require.resolve("@google/model-viewer/dist/model-viewer.min.js"))],
    "/model.glb": ["model/gltf-binary", await readFile(model)],
};
const server = createServer((request, response) => {
    const [type, body] = files[request.url] ?? ["text/plain", ""];
    response.writeHead(200, { "Content-Type": type }).end(body);
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium-headless-shell",
    args: ["--no-sandbox", "--enable-unsafe-swiftshader", "--disable-background-networking", "--no-first-run"],
});
try {
    const page = await browser.newPage({ viewport: { width: side * angles.length, height: side } });
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.waitForFunction(
        (count) => {
            const viewers = [...document.querySelectorAll("model-viewer")];
            return viewers.length === count && viewers.every((viewer) => viewer.loaded && viewer.modelIsVisible);
        },
        angles.length,
        { timeout: 120_000 },
    );
    await writeFile(picture, await page.screenshot());
} finally {
    await browser.close();
    server.close();
}
