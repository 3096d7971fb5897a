import { writeFile } from "node:fs/promises";
import path from "node:path";
import { runMain } from "../../scripts/lib/failure.js";
import { ROOT } from "../../scripts/lib/paths.js";
import { manipulationDocument } from "./manipulation-document.js";

/** Prints and writes what it costs to move a pool's average price. */
await runMain(async () => {
  const text = manipulationDocument();
  console.log(text);
  await writeFile(path.join(ROOT, "docs/amm-manipulation.md"), text);
});
