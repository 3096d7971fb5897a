import { runMain } from "./lib/failure.js";
import { findStaleFiles, GENERATORS, installGenerated, withGenerated } from "./lib/generated.js";

await runMain(async () => {
  for (const { name, output } of GENERATORS) console.log(`Generating ${output} (${name}) ...`);
  await withGenerated(async (folder) => {
    const stale = await findStaleFiles(folder);
    if (stale.length > 0) await installGenerated(folder);
    console.log(stale.length === 0 ? "Everything was up to date." : `${stale.length} files changed: commit them.`);
  });
});
