import { type Provider } from "ethers";
import { type LedgerClient } from "../../../src/index.js";
import { createInsuranceUpkeep, type InsuranceCounts } from "./insurance-upkeep.js";
import { type KeeperAddresses } from "./keeper.js";
import { createStakingUpkeep, type StakingCounts } from "./staking-upkeep.js";
import { type UpkeepWatch } from "./upkeep.js";

export type { InsuranceCounts, StakingCounts };

/** These, or all of them; none unless given. */
type Chosen = readonly string[] | "all" | undefined;

export type WatchesOptions = {
  provider: Provider;
  account: string;
  ledger: LedgerClient;
  addresses: Pick<KeeperAddresses, "weth" | "staking" | "underwritingPool" | "coverDesk">;
  fromBlock: number;
  stakePools: Chosen;
  insurance: Chosen;
};

/** What is looked after besides lending. */
export type Watches = {
  staking: UpkeepWatch<StakingCounts> | undefined;
  insurance: UpkeepWatch<InsuranceCounts> | undefined;
};

const idsOf = (chosen: readonly string[] | "all"): readonly string[] | undefined =>
  chosen === "all" ? undefined : chosen;

export function createWatches({ addresses, stakePools, insurance, ...common }: WatchesOptions): Watches {
  const { weth, staking, underwritingPool: pools, coverDesk: desk } = addresses;
  return {
    staking:
      staking === undefined || stakePools === undefined
        ? undefined
        : createStakingUpkeep({ ...common, weth, staking, pools: idsOf(stakePools) }),
    insurance:
      pools === undefined || desk === undefined || insurance === undefined
        ? undefined
        : createInsuranceUpkeep({ ...common, weth, pools, desk, ids: idsOf(insurance) }),
  };
}
