import { installFolder } from "../install.js";
import { runCommand } from "../process.js";
import { parseTestSummary } from "../test-summary.js";
import { smallSeed, type SettlementAmount } from "./budget.js";

/**
 * Random batches against the codec, the model and the wallets; bits flipped; the suite against its models; lending against its
 * model and against Morpho Blue; staking against its model; attacks on pools.
 */
const FILES = [
  "test/differential/settlement-wallet.test.ts",
  "test/unit/core/Settlement.flips.test.ts",
  "test/unit/core/Settlement.reader.test.ts",
  "test/differential/model-chain.test.ts",
  "test/differential/lending-model.test.ts",
  "test/differential/lending-morpho.test.ts",
  "test/differential/staking-model.test.ts",
  "test/property/amm/amm-profit.test.ts",
];

export type SettlementRun = {
  seed: string;
  /** What the tests count themselves. */
  operations: number;
  passed: number;
  failed: number;
  seconds: number;
  /** The end of the output, when something failed. */
  failure?: string;
};

export async function runSettlement(seed: string, amount: SettlementAmount): Promise<SettlementRun> {
  const start = performance.now();
  await installFolder("bench/peers"); // without Morpho there is nothing to compare with
  const small = smallSeed(seed);
  const { output, code } = await runCommand(`hardhat test mocha --no-compile ${FILES.join(" ")}`, {
    env: {
      LAKH_SEED: small,
      LAKH_BATCHES: amount.batches.toString(),
      LAKH_FLIPS: amount.flips.toString(),
      LAKH_MODEL_OPERATIONS: amount.operations.toString(),
      LAKH_MODEL_BATCHES: amount.batches.toString(),
      LAKH_LENDING_OPERATIONS: amount.lending.toString(),
      LAKH_STAKING_OPERATIONS: amount.staking.toString(),
      LAKH_MORPHO_SEQUENCES: amount.morpho.toString(),
      LAKH_PROFIT_SEQUENCES: amount.sequences.toString(),
    },
  });
  const { passed, failed } = parseTestSummary(output) ?? { passed: 0, failed: 0 };
  const isGreen = code === 0 && failed === 0 && passed > 0;
  return {
    seed: small,
    operations: countOperations(output),
    passed,
    failed: isGreen ? 0 : Math.max(failed, 1),
    seconds: (performance.now() - start) / 1000,
    ...(isGreen ? {} : { failure: output.trim().slice(-3000) }),
  };
}

/** Adds up what the tests say of themselves: "seed 1: 3,000 operations". */
export function countOperations(output: string): number {
  const counts = output.matchAll(/seed \d+: (\d+) operations/g);
  return [...counts].reduce((sum, [, count = "0"]) => sum + Number(count), 0);
}
