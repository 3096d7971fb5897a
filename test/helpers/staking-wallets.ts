import { ZeroAddress } from "ethers";
import {
  MAX_AMOUNT,
  stakeBook,
  STAKING_KINDS,
  type StakePool,
  type StakingAction,
  type StreamIndex,
} from "../../src/index.js";
import { type StakingWorld } from "./staking-world.js";

/** An order of a section on one of the pool's books. */
export type StakingOrder = { account: string; kind: number; amount: bigint; arguments: bigint };

/** Makes the orders as their signers' own calls, one after the other, on the model. */
export function callAsWallets(
  { ledgerModel, model }: StakingWorld,
  { pool, stream, orders }: { pool: StakePool; stream: StreamIndex; orders: readonly StakingOrder[] },
): void {
  const book = stakeBook({ staking: model.address, pool, stream });
  for (const { account, kind, amount: amount0, arguments: argument } of orders) {
    ledgerModel.call(account, {
      ...{ ...book, source: "ledger", destination: "ledger", to: ZeroAddress, amount0, amount1: 0n },
      data: actionOf(kind, argument),
    });
  }
}

/** What everybody has and is owed; not what a refused operation may leave: counted rewards and locks that are over. */
export function summaryOf({ ledgerModel, model, users }: StakingWorld, pool: StakePool): bigint[] {
  const { stakeAsset, reward0, reward1 } = pool;
  const queue = model.store.queueOf(model.idOf(pool));
  const accounts = users.flatMap((account) => [
    model.positionOf(pool, account).shares,
    ...[0, 1].map((stream) => model.claimableOf(pool, account, stream === 0 ? 0 : 1)),
    ...[stakeAsset, reward0, reward1].map((id) => ledgerModel.balanceOf({ account, id })),
  ]);
  const books = [model.bookOf(pool), model.bookOf(pool, 1), model.poolOf(pool).shares];
  return [...Object.values(queue.totals()), ...books, ...accounts];
}

/** What `action` answers on the model, which is then as before. */
export function rehearse<T>({ ledgerModel }: StakingWorld, action: () => T): T {
  const outcome: { value?: T } = {};
  try {
    ledgerModel.state.attempt(() => {
      outcome.value = action();
      throw new Rehearsed();
    });
  } catch (error) {
    if (!(error instanceof Rehearsed)) throw error;
  }
  return outcome.value as T;
}

class Rehearsed extends Error {}

function actionOf(kind: number, argument: bigint): StakingAction {
  const [limit, second, account] = [argument & MAX_AMOUNT, argument >> 112n, ZeroAddress];
  switch (kind) {
    case STAKING_KINDS.stake:
      return { name: "stake", minShares: limit, account };
    case STAKING_KINDS.claim:
      return { name: "claim", account };
    case STAKING_KINDS.unstake:
      return { name: "unstake", shares: limit, minAssets: second, account };
    case STAKING_KINDS.requestUnstake:
      return { name: "requestUnstake", shares: limit, account };
    case STAKING_KINDS.claimUnstaked:
      return { name: "claimUnstaked", requestId: limit };
    default:
      throw new RangeError(`No wallet does what kind ${kind} is`);
  }
}
