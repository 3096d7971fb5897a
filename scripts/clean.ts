import { rm } from "node:fs/promises";
import path from "node:path";
import { runMain } from "./lib/failure.js";
import { ROOT } from "./lib/paths.js";

const FOLDERS = ["artifacts", "artifacts-production", "cache", "cache-production", "coverage", "dist", "docs/api"];

await runMain(async () => {
  for (const folder of FOLDERS) await rm(path.join(ROOT, folder), { recursive: true, force: true });
  console.log(`Removed ${FOLDERS.join(", ")}.`);
});
