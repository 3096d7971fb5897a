import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

/**
 * The mocks that are of use outside this repository: what a deployment `--with-mocks` deploys, tokens with their faucet and
 * feeds that anybody moves among it, and the price of a market on a local chain.
 */
export const PUBLISHED_MOCKS: readonly string[] = [
  ...["MockAggregator", "MockERC20", "MockPermit2", "MockPriceOracle", "MockWETH"],
];

const FOLDERS = ["mocks", "factories/mocks"];
/** Modules that export the bindings one by one. */
const INDEXES = ["index", "mocks/index", "factories/mocks/index"];

/** Takes the bindings of all other mocks and test contracts out of the compiled `typechain-types` in a folder. */
export async function removeTestBindings(folder: string): Promise<void> {
  const isPublished = (name: string): boolean => name === "index" || PUBLISHED_MOCKS.includes(name);
  for (const mocks of FOLDERS) {
    for (const file of await readdir(path.join(folder, mocks))) {
      if (!isPublished(file.replace(/(__factory)?(\.d)?\.[jt]s$/, ""))) await rm(path.join(folder, mocks, file));
    }
  }
  for (const index of INDEXES) {
    for (const extension of [".js", ".d.ts"]) {
      const file = path.join(folder, `${index}${extension}`);
      const lines = (await readFile(file, "utf8")).split("\n");
      const kept = lines.filter((line) => isPublished(mockOf(index, line) ?? "index"));
      await writeFile(file, kept.join("\n"));
    }
  }
}

/** The mock that a line of an index exports. */
function mockOf(index: string, line: string): string | undefined {
  const [, below = "", name] = /from ['"]\.\/(.*?)(\w+?)(?:__factory)?\.js['"]/.exec(line) ?? [];
  const isOfMocks = index.includes("mocks") || FOLDERS.includes(below.replace(/\/$/, ""));
  return isOfMocks ? name : undefined;
}
