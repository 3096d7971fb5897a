import { access } from "node:fs/promises";
import path from "node:path";
import { Command } from "commander";
import { FailureError, runMain } from "./lib/failure.js";
import { ROOT } from "./lib/paths.js";
import { runPackageScript } from "./lib/process.js";
import { isOversized, MAX_RUNTIME_BYTES, readContractSizes, type ContractSize } from "./lib/sizes.js";

const options = new Command("npm run sizes --")
  .description("Shows the size of each deployable contract of the production build and fails above the limit.")
  .option("--no-build", "measure the production build as it is")
  .allowExcessArguments(false)
  .parse()
  .opts<{ build: boolean }>();

function formatTable(sizes: readonly ContractSize[]): string {
  const width = Math.max(8, ...sizes.map(({ name }) => name.length));
  const row = (name: string, ...cells: string[]): string =>
    [name.padEnd(width), ...cells.map((cell) => cell.padStart(10))].join("");
  const number = (value: number): string => value.toLocaleString("en-US");
  return [
    row("contract", "runtime", "of limit", "initcode"),
    ...sizes.map((size) => {
      const share = `${((100 * size.runtime) / MAX_RUNTIME_BYTES).toFixed(1)} %`;
      return (
        row(size.name, number(size.runtime), share, number(size.initcode)) + (isOversized(size) ? "  too large" : "")
      );
    }),
  ].join("\n");
}

await runMain(async () => {
  if (options.build) {
    const { code, output } = await runPackageScript("build:production", ["--no-typechain"]);
    if (code !== 0) throw new FailureError("BUILD_FAILED", `The production build failed:\n${output.trim()}`);
  }
  const artifacts = path.join(ROOT, "artifacts-production");
  const isBuilt = await access(path.join(artifacts, "contracts")).then(
    () => true,
    () => false,
  );
  const sizes = isBuilt ? await readContractSizes(artifacts) : [];
  console.log(sizes.length === 0 ? "There is no deployable contract yet." : formatTable(sizes));
  const tooLarge = sizes.filter(isOversized).map(({ name }) => name);
  if (tooLarge.length > 0) {
    const limit = MAX_RUNTIME_BYTES.toLocaleString("en-US");
    throw new FailureError(
      "TOO_LARGE",
      `Larger than ${limit} bytes of runtime code or EIP-3860 allows: ${tooLarge.join(", ")}.`,
    );
  }
});
