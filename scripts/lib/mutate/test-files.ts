import { createHash } from "node:crypto";
import { glob, readFile } from "node:fs/promises";
import path from "node:path";

/** The Mocha tests that run contracts in this process. */
const PATTERN =
  "test/{unit/{core,amm,insurance,lending,oracle,rwa,staking},integration/attacks,differential}/**/*.test.ts";

/** Tests in these folders that say nothing of a mutant, with the reason. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  "test/differential/amm-uniswap-v2.test.ts": "minutes long; the model is compared in model-chain.test.ts",
  "test/differential/amm-uniswap-v3.test.ts": "needs bench and docs; the model is compared in model-chain.test.ts",
  "test/differential/lending-morpho.test.ts": "needs bench; the model is compared in lending-model.test.ts",
  "test/differential/synthetix-precision.test.ts": "needs bench; runs none of our contracts",
  "test/integration/attacks/selectors.test.ts": "reads the committed bindings",
  "test/unit/core/errors.test.ts": "reads the sources of the tests",
  "test/unit/insurance/CoverDesk.example.test.ts":
    "needs docs; the same is in CoverDesk.t.sol and insurance-model.test.ts",
  "test/unit/rwa/RwaOffering.example.test.ts": "needs docs; the same is in RwaOffering.escrow.test.ts",
  "test/unit/staking/MerkleDistributor.example.test.ts": "needs docs; the same is in MerkleDistributor.claim.test.ts",
  "test/unit/staking/StakedVault.example.test.ts": "needs docs; the same is in StakedVault.harvest.test.ts",
  "test/unit/lending/LendingVault.example.test.ts": "needs docs; the same is in LendingVault.deposit.test.ts",
};

/** Matches every test file. */
export const ALL_TESTS = /^/;

/** Paths from `root`, sorted; of those that match `pattern`. */
export async function findTestFiles(root: string, pattern = ALL_TESTS): Promise<string[]> {
  const files: string[] = [];
  for await (const file of glob(PATTERN, { cwd: root })) files.push(file.split(path.sep).join("/"));
  return files.filter((file) => !(file in LEFT_OUT) && pattern.test(file)).sort();
}

/** The Solidity tests, and nothing that they bring in. */
export async function findSolidityTests(root: string): Promise<string[]> {
  const files: string[] = [];
  for await (const file of glob("test/**/*.t.sol", { cwd: root })) files.push(file.split(path.sep).join("/"));
  return files.sort();
}

/** A hash of everything below these folders. */
export async function hashOf(root: string, folders: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const folder of folders) {
    const files: string[] = [];
    for await (const file of glob(`${folder}/**/*.{sol,ts}`, { cwd: root })) files.push(file);
    for (const file of files.sort()) hash.update(`${file}\0`).update(await readFile(path.join(root, file)));
  }
  return hash.digest("hex").slice(0, 12);
}
