// validate_glb.mjs FILE: Khronos' own validator on a GLB; prints the issues and fails on any error or warning.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const validator = require("gltf-validator");
const report = await validator.validateBytes(new Uint8Array(await readFile(process.argv[2])));
const { numErrors, numWarnings, messages } = report.issues;
if (numErrors + numWarnings > 0) console.log(JSON.stringify(messages.slice(0, 10), null, 2));
process.exit(numErrors + numWarnings > 0 ? 1 : 0);
