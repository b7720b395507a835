// common-passwords FOLDER: the commonest passwords of npm's @zxcvbn-ts/language-common (MIT), as common.txt: those long
// enough to be chosen here, in lower case, sorted, one a line.
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(new URL("../web/package.json", import.meta.url));
const { dictionary } = await import(pathToFileURL(require.resolve("@zxcvbn-ts/language-common")).href);
const words = dictionary["passwords-common"]
  .map((word) => word.toLowerCase())
  .filter((word) => word.length >= 8 && /^[\x21-\x7e]+$/.test(word));
if (words.length < 1000) throw new Error("the list of common passwords is not where it was");
await writeFile(path.join(process.argv[2], "common.txt"), [...new Set(words)].sort().join("\n") + "\n");
