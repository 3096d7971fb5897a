import { Command } from "commander";
import { runMain } from "./lib/failure.js";
import { applyChangesets } from "./lib/package/version.js";
import { ROOT } from "./lib/paths.js";

new Command("npm run version --")
  .description("Turns the changesets in .changeset into a new version, and their texts into a section of CHANGELOG.md.")
  .allowExcessArguments(false)
  .parse();

await runMain(async () => {
  console.log(`The version is ${await applyChangesets(ROOT)}.`);
  console.log("Run npm run build:package, which writes it into docs/package.md; then commit what changed.");
});
