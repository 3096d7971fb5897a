import { STAKING_KINDS } from "../staking-pool.js";
import { type ModelOperation, type ModelPayout, type ModelPayouts, type ModelSection } from "./ledger.js";
import {
  claimRewards,
  toStakeShares,
  tryClaimUnstaked,
  tryRequest,
  tryStake,
  tryUnstake,
  type StakingTurn,
} from "./staking-positions.js";
import { hasCooldown, type StakingStore } from "./staking-store.js";

const paid = (out0: bigint, out1 = 0n): ModelPayout => ({ out0, out1 });

/** A section on a pool's first book: operations one after the other, the streams counted once. */
export function settleStakingSection(
  store: StakingStore,
  { book: id, holdings, operations }: Pick<ModelSection, "book" | "holdings" | "operations">,
): ModelPayouts {
  const pool = store.openWith(id, holdings);
  const payouts = operations.map((operation) => {
    return operation === undefined ? undefined : settleOne({ store, pool, account: operation.account }, operation);
  });
  store.close(pool);
  return { flags: 0n, payouts };
}

/** A section on the book of the second stream, of which nothing but rewards moves. */
export function settleStakingClaims(
  store: StakingStore,
  { id, operations }: { id: string } & Pick<ModelSection, "operations">,
): ModelPayouts {
  const pool = store.peek(id);
  const payouts = operations.map((operation) => {
    if (operation?.kind !== STAKING_KINDS.claim) return undefined;
    const amount = claimRewards({ store, pool, account: operation.account }, 1);
    return amount === 0n ? undefined : paid(0n, amount);
  });
  return { flags: 0n, payouts };
}

function settleOne(turn: StakingTurn, operation: ModelOperation): ModelPayout | undefined {
  const { kind, amount, limit, secondLimit } = operation;
  const { pool } = turn;
  switch (kind) {
    case STAKING_KINDS.stake: {
      const shares = toStakeShares(pool, amount);
      return shares >= limit && tryStake(turn, { assets: amount, shares }) ? paid(0n) : undefined;
    }
    case STAKING_KINDS.claim: {
      const rewards = claimRewards(turn, 0);
      return rewards === 0n ? undefined : paid(0n, rewards);
    }
    case STAKING_KINDS.unstake: {
      if (hasCooldown(pool)) return undefined;
      const assets = tryUnstake(turn, { shares: limit, minAssets: secondLimit });
      return assets === 0n ? undefined : paid(assets);
    }
    case STAKING_KINDS.requestUnstake:
      return hasCooldown(pool) && tryRequest(turn, limit) !== 0n ? paid(0n) : undefined;
    case STAKING_KINDS.claimUnstaked: {
      const assets = tryClaimUnstaked(turn, limit);
      return assets === undefined ? undefined : paid(assets);
    }
    default:
      return undefined;
  }
}
