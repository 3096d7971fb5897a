import type { JsonRpcSigner } from "ethers";
import type { Peer } from "../schema.js";
import type { Lab } from "./lab.js";
import { CHEFS } from "./masterchef.js";
import { openChefBench } from "./masterchef-bench.js";
import { stakingNames, type StakingCaseName } from "./staking-cases.js";
import { runStaking } from "./staking-run.js";
import { SYNTHETIX } from "./synthetix.js";
import { openSynthetixBench } from "./synthetix-bench.js";

/** Whole-transaction gas of staking's peers, by the case they stand beside. */
export type StakingFigures = Record<StakingCaseName, Peer[]>;

/** Synthetix' StakingRewards and Sushi's chefs, from the bytecode of their packages. */
export async function measureStakingPeers(lab: Lab, staker: JsonRpcSigner): Promise<StakingFigures> {
  const pools = [
    { peer: SYNTHETIX.original, open: () => openSynthetixBench(lab, "original") },
    { peer: SYNTHETIX.uniswap, open: () => openSynthetixBench(lab, "uniswap") },
    { peer: CHEFS.masterChef, open: () => openChefBench(lab, "masterChef") },
    { peer: CHEFS.miniChef, open: () => openChefBench(lab, "miniChef") },
  ];
  const figures = Object.fromEntries(stakingNames.map((name) => [name, [] as Peer[]])) as StakingFigures;
  for (const { peer, open } of pools) {
    const measured = await runStaking(lab, await open(), staker);
    for (const name of stakingNames) {
      const gas = measured[name]?.gas;
      if (gas !== undefined) figures[name].push({ ...peer, gas, measured: true });
    }
  }
  return figures;
}
