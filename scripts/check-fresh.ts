import { FailureError, runMain } from "./lib/failure.js";
import { findStaleFiles, withGenerated } from "./lib/generated.js";
import { runCommand } from "./lib/process.js";
import { GENERATORS } from "./lib/generated.js";

const SHOWN = 20;

/** Regenerates beside the repository and compares, so that the check itself never mends what it reports. */
await runMain(async () => {
  const stale = await withGenerated(findStaleFiles);
  if (stale.length > 0) {
    const shown = stale.slice(0, SHOWN).map(({ path, reason }) => `  ${path} ${reason}`);
    if (stale.length > SHOWN) shown.push(`  and ${stale.length - SHOWN} more`);
    throw new FailureError(
      "STALE_FILES",
      `Generated files are stale:\n${shown.join("\n")}\nMend it: npm run gen, then commit the result.`,
    );
  }
  console.log("All generated files are fresh.");

  const outputs = GENERATORS.map(({ output }) => output).join(" ");
  const { code, output } = await runCommand(`git status --porcelain -- ${outputs}`);
  if (code === 0 && output.trim() !== "") console.log(`Not committed yet:\n${output.trimEnd()}`);
});
