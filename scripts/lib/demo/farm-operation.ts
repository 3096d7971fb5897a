import { ZeroAddress } from "ethers";
import {
  stakeBook,
  type AmmModel,
  type Lakh,
  type LakhRequest,
  type StakePool,
  type StakingAction,
} from "../../../src/index.js";

/** What an account asks of a stake pool by itself, from and to its ledger balance. Amounts in smallest units. */
export type FarmOperation = { staking: string; pool: StakePool } & (
  | { kind: "createStakePool" }
  | { kind: "fundStream"; amount: bigint; end: bigint }
  | { kind: "stake"; assets: bigint }
  | { kind: "claim" }
  | { kind: "unstake"; shares: bigint }
);

const KINDS: ReadonlySet<string> = new Set<FarmOperation["kind"]>([
  ...(["createStakePool", "fundStream", "stake", "claim", "unstake"] as const),
]);

export function isFarmOperation(operation: { kind: string }): operation is FarmOperation {
  return KINDS.has(operation.kind);
}

/** The client's transaction. */
export function toFarmRequest(lakh: Lakh, account: string, operation: FarmOperation): LakhRequest {
  const { staking } = lakh;
  const common = { to: account };
  switch (operation.kind) {
    case "createStakePool":
      return staking.createPool(operation);
    case "fundStream":
      return staking.fund({ ...operation, ...common });
    case "stake":
      return staking.stake({ ...operation, minShares: operation.assets, ...common });
    case "claim":
      return staking.claim({ ...operation, ...common });
    case "unstake":
      return staking.unstake({ ...operation, ...common });
  }
}

/** Runs it on the model; throws the `ModelError` of what the contracts would refuse. */
export function followFarm({ ledger }: AmmModel, account: string, operation: FarmOperation): void {
  const { staking, pool } = operation;
  const [amount0, amount1] = [
    operation.kind === "stake" ? operation.assets : 0n,
    operation.kind === "fundStream" ? operation.amount : 0n,
  ];
  const sides = { source: "ledger", destination: "ledger" } as const;
  const data = actionOf(operation);
  ledger.call(account, { ...stakeBook({ staking, pool }), ...sides, amount0, amount1, to: account, data });
}

function actionOf(operation: FarmOperation): StakingAction {
  const account = ZeroAddress;
  switch (operation.kind) {
    case "createStakePool":
      return { name: "createPool", pool: operation.pool };
    case "fundStream":
      return { name: "fund", end: operation.end };
    case "stake":
      return { name: "stake", minShares: operation.assets, account };
    case "claim":
      return { name: "claim", account };
    case "unstake":
      return { name: "unstake", shares: operation.shares, account };
  }
}
