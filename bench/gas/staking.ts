import type { JsonRpcSigner } from "ethers";
import type { GasRow, Peer } from "../schema.js";
import type { Lab } from "./lab.js";
import { openLakhStaking } from "./lakh-staking-bench.js";
import { CHEFS } from "./masterchef.js";
import { openChefBench } from "./masterchef-bench.js";
import { ourStakingRows, stakingNames, type StakingCaseName } from "./staking-cases.js";
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

/** Our own rows, from and to wallets and from and to ledger balances, each in a pool of its own. */
export async function measureStaking(lab: Lab, staker: JsonRpcSigner, peers: StakingFigures): Promise<GasRow[]> {
  const rows: GasRow[] = [];
  for (const route of ["wallet", "ledger"] as const) {
    const figures = await runStaking(lab, await openLakhStaking(lab, route), staker);
    rows.push(...ourStakingRows(figures, peers, route));
  }
  return rows;
}
