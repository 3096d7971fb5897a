import { readFileSync } from "node:fs";
import path from "node:path";
import { FailureError, runMain } from "./lib/failure.js";
import { findLockProblems, type Lock, type Manifest } from "./lib/lock.js";
import { ROOT } from "./lib/paths.js";

/** The project, and what only `npm run coverage:second-opinion` and `npm run bench:gas` install. */
const FOLDERS = ["", "audit", "bench/peers"];

await runMain(async () => {
  for (const folder of FOLDERS) {
    const read = (name: string): unknown => JSON.parse(readFileSync(path.join(ROOT, folder, name), "utf8"));
    const lock = read("package-lock.json") as Lock;
    const name = path.posix.join(folder, "package-lock.json");
    const problems = findLockProblems(lock, read("package.json") as Manifest);
    if (problems.length > 0) {
      const list = problems.map((problem) => `  ${problem}`).join("\n");
      throw new FailureError(
        "LOCK_INCOMPLETE",
        `${name} is not complete:\n${list}\nMend it: pin versions that exist for all platforms, then run npm install.`,
      );
    }
    console.log(`${name} is complete: ${Object.keys(lock.packages).length - 1} packages.`);
  }
});
