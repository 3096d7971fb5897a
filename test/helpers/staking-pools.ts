import type { ContractTransactionResponse } from "ethers";
import { networkHelpers, sectionOf, settle, WAD, type Order } from "./ledger-fixture.js";
import { createPool, DAY, fundFor, stakeKeyOf, stakingFixture, type StakePool } from "./staking-fixture.js";

/** Kinds of the staking core's operations: twins of `StakingSections`. */
export const STAKE_KIND = { stake: 0n, claim: 3n, unstake: 11n, request: 19n, claimUnstaked: 27n } as const;
export const WEEK = 7n * DAY;
export const STAKED = 1000n * WAD;
/** Of a reward of six decimals. */
export const REWARD = 10_000n * 10n ** 6n;

/**
 * Beside the fixture's plain pool: one with a second stream, one with a cooldown of a day and Carol as its slasher, one with locks of
 * up to a year for a weight of up to three times the shares, and one with a cooldown alone. Nobody has anything in any of them.
 */
export async function stakePoolsFixture() {
  const fixture = await stakingFixture();
  const { pool: plain, ids, alice, bob, carol, staking, ledger, token0 } = fixture;
  for (const user of [alice, bob]) await ledger.connect(user).deposit(token0, 9n * STAKED, 9n * STAKED, user);
  const slashed: StakePool = { ...plain, cooldown: DAY, slasher: carol.address, maxSlash: WAD / 2n };
  const locked: StakePool = { ...plain, maxLock: 365n * DAY, maxBoost: 2n * WAD };
  const double: StakePool = { ...plain, reward1: ids.usdc };
  const cooled: StakePool = { ...plain, cooldown: DAY };
  const created = {
    slashed: await createPool(fixture, slashed),
    locked: await createPool(fixture, locked),
    double: await createPool(fixture, double),
    cooled: await createPool(fixture, cooled),
  };
  await staking.issueReceipt(fixture.stakeId);
  await staking.issueReceipt(created.slashed.stakeId);
  return { ...fixture, plain, slashed, locked, double, cooled, created };
}

export type StakePoolsFixture = Awaited<ReturnType<typeof stakePoolsFixture>>;

/** What a user's ledger balance of `id` changes by while `send` runs. */
export async function gained(
  { ledger }: Pick<StakePoolsFixture, "ledger">,
  { user, id, send }: { user: { address: string }; id: bigint; send: () => Promise<unknown> },
): Promise<bigint> {
  const before = await ledger.balanceOf(user.address, id);
  await send();
  return (await ledger.balanceOf(user.address, id)) - before;
}

/** Settles a section of the pool; the orders' amounts and arguments are the operations' own. */
export async function settleStake(
  { staking, settlement }: Pick<StakePoolsFixture, "staking" | "settlement">,
  { pool, orders, gasCap = 10_000_000n }: { pool: StakePool; orders: readonly Order[]; gasCap?: bigint },
): Promise<{ executed: boolean; skipped: bigint[]; response: ContractTransactionResponse }> {
  const { stakeAsset: asset0, reward0: asset1 } = pool;
  const section = sectionOf({ protocol: staking, key: stakeKeyOf(pool), asset0, asset1, gasCap });
  return settle({ settlement, section, orders });
}

/** Alice and Bob stake alike in the pool, which pays for a week. Answers the end. */
export async function shared(fixture: StakePoolsFixture, pool: StakePool = fixture.plain): Promise<bigint> {
  await fixture.stake(STAKED, { user: fixture.alice, pool });
  await fixture.stake(STAKED, { user: fixture.bob, pool });
  return fundFor(fixture, { amount: REWARD, duration: WEEK, pool });
}

/** The block after the next is mined `seconds` after the last. */
export async function pass(seconds: bigint): Promise<void> {
  await networkHelpers.time.increase(seconds);
}
