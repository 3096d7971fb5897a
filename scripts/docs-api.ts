import path from "node:path";
import { Command } from "commander";
import { runMain } from "./lib/failure.js";
import { API_DOCS_FOLDER, writeApiDocs } from "./lib/package/api-docs.js";
import { ROOT } from "./lib/paths.js";

new Command("npm run docs:api --")
  .description(
    "Writes pages about what the npm package exports and about every deployed contract, out of their docstrings. Fails " +
      "where one is missing or a link leads nowhere.",
  )
  .allowExcessArguments(false)
  .parse();

await runMain(async () => {
  const { modules, contracts } = await writeApiDocs();
  const index = path.relative(ROOT, path.join(API_DOCS_FOLDER, "index.html"));
  console.log(`${index}: ${modules} entry points of the package, ${contracts} contracts and interfaces.`);
});
