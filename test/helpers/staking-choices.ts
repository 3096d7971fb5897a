import { ZeroAddress } from "ethers";
import {
  MAX_AMOUNT,
  STREAM_MAX_DURATION,
  STREAM_MAX_FUNDED,
  type StakePool,
  type StakingAction,
  type StreamIndex,
} from "../../src/index.js";
import { freeOf } from "../../src/models/staking-positions.js";
import { type Random } from "./random.js";
import { type StakingWorld } from "./staking-world.js";

/** A wallet's call in the making. */
export type StakingChoice = {
  caller: string;
  pool: StakePool;
  stream: StreamIndex;
  action: StakingAction;
  amount0: bigint;
  amount1: bigint;
};

type Base = Omit<StakingChoice, "action">;

const MAX_UINT256 = (1n << 256n) - 1n;
const DAY = 86_400n;

/** Random actions of random users, mostly such as can be done, and often at a limit. */
export class StakingChoices {
  readonly #world: StakingWorld;
  readonly #random: Random;

  constructor(world: StakingWorld, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  /** Everybody leaves with all that is free. */
  exodus(pool: StakePool): StakingChoice[] {
    const { ledgerModel, model, users } = this.#world;
    const rest = { shares: MAX_UINT256, account: ZeroAddress };
    const action: StakingAction =
      pool.cooldown === 0n ? { name: "unstake", minAssets: 0n, ...rest } : { name: "requestUnstake", ...rest };
    const base = { pool, stream: 0 as const, amount0: 0n, amount1: 0n };
    return users.flatMap((caller): StakingChoice[] => {
      const held = ledgerModel.balanceOf({ account: caller, id: model.receiptIdOf(pool) });
      const burn = { ...base, caller, action: { name: "burnReceipts", shares: held } as const };
      return held === 0n ? [{ ...base, caller, action }] : [burn, { ...base, caller, action }];
    });
  }

  /** What brings a new pool to life: mostly the stake of most users, and rewards in every stream. */
  beginning(pool: StakePool): StakingChoice[] {
    const { chain, ledgerModel, users } = this.#world;
    const base = { pool, amount0: 0n, amount1: 0n };
    const held = (account: string, id: bigint): bigint => ledgerModel.balanceOf({ account, id });
    const stakes = users.slice(1).map((caller) => ({
      ...{
        ...base,
        caller,
        stream: 0 as const,
        amount0: held(caller, pool.stakeAsset) / (pool.slasher === ZeroAddress ? 50n : 9000n),
      },
      action: { name: "stake", minShares: 0n, account: ZeroAddress } as const,
    }));
    const end = BigInt(chain.now) + this.#random.between(2n * DAY, 90n * DAY);
    const rewards = [pool.reward0, ...(pool.reward1 === 0n ? [] : [pool.reward1])];
    const funds = rewards.map((id, index) => ({
      ...{ ...base, caller: pool.funder, stream: index === 0 ? (0 as const) : (1 as const) },
      ...{ amount1: held(pool.funder, id) / 50n, action: { name: "fund", end } as const },
    }));
    return this.#random.chance(70) ? [...stakes, ...funds] : funds;
  }

  /** A wallet's call on a pool. */
  choose(pool: StakePool): StakingChoice {
    const random = this.#random;
    const caller = random.pick(this.#world.users);
    const base: Base = { caller, pool, stream: 0, amount0: 0n, amount1: 0n };
    const choice = this.#choose(base, Number(random.below(100n)));
    // Inputs that are not wanted, or none where some are; a book that is for something else.
    if (random.chance(1)) return { ...choice, amount1: choice.amount1 === 0n ? 1n : 0n };
    if (random.chance(1)) return { ...choice, amount0: choice.amount0 === 0n ? 1n : 0n };
    return random.chance(1) ? { ...choice, stream: 1 } : choice;
  }

  #choose(base: Base, roll: number): StakingChoice {
    if (roll < 22) return this.#stake(base);
    if (roll < 36) return this.#leave(base);
    if (roll < 54) return this.#claim(base);
    if (roll < 64) return this.#fund(base);
    if (roll < 69) return this.#addRewards(base);
    if (this.#random.chance(4)) return this.#anything(base);
    if (base.pool.maxLock !== 0n && roll < 87) return roll < 81 ? this.#lock(base) : this.#kick(base);
    if (base.pool.cooldown !== 0n && roll < 90) return this.#exit(base);
    if (base.pool.slasher !== ZeroAddress && roll < 94) return this.#slash(base);
    if (base.pool.maxLock === 0n) return this.#receipts(base);
    return this.#leave(base);
  }

  /** Of the wrong kind of pool more often than not. */
  #anything(base: Base): StakingChoice {
    const random = this.#random;
    const makers = [this.#lock, this.#kick, this.#exit, this.#slash, this.#receipts, this.#leave];
    return random.pick(makers).call(this, base);
  }

  /* STAKE */

  #stake(base: Base): StakingChoice {
    const random = this.#random;
    const { ledgerModel, model } = this.#world;
    const held = ledgerModel.balanceOf({ account: base.caller, id: base.pool.stakeAsset });
    // With a slasher a unit is a thousand shares.
    const amount0 = this.amount(held / (base.pool.slasher === ZeroAddress || random.chance(3) ? 3n : 9000n));
    const account = random.chance(85) ? ZeroAddress : random.pick(this.#world.users);
    const isSlashed = base.pool.slasher !== ZeroAddress;
    const { shares, assets } = model.poolOf(base.pool);
    const exact = isSlashed ? (amount0 * (shares + 1000n)) / (assets + 1n) : amount0;
    const minShares = random.chance(90) ? 0n : exact + random.below(2n);
    return { ...base, amount0, action: { name: "stake", minShares, account } };
  }

  #leave(base: Base): StakingChoice {
    const random = this.#random;
    const { model, users } = this.#world;
    const account = random.chance(85) ? ZeroAddress : random.pick(users);
    const of = account === ZeroAddress ? base.caller : account;
    const shares = random.chance(12) ? MAX_UINT256 : this.near(this.free(base.pool, of));
    const isQueued = (base.pool.cooldown !== 0n) !== random.chance(3);
    if (isQueued) return { ...base, action: { name: "requestUnstake", shares, account } };
    const minAssets = random.chance(90) ? 0n : model.worthOf(base.pool, shares % (1n << 96n)) + random.below(2n);
    return { ...base, action: { name: "unstake", shares, minAssets, account } };
  }

  /** Settles a request that is the caller's, for the most part. */
  #exit(base: Base): StakingChoice {
    const random = this.#random;
    const { model, users } = this.#world;
    const queue = model.store.queueOf(model.idOf(base.pool));
    const { count } = queue.totals();
    const requestId = random.chance(90)
      ? random.between(count > 12n ? count - 12n : 1n, count)
      : random.below(count + 3n);
    if (random.chance(25)) return { ...base, action: { name: "finalise", requestId } };
    const { owner } = queue.requestOf(requestId);
    const caller = users.includes(owner) && random.chance(90) ? owner : base.caller;
    return { ...base, caller, action: { name: "claimUnstaked", requestId } };
  }

  /* REWARDS */

  #claim(base: Base): StakingChoice {
    const random = this.#random;
    const account = random.chance(85) ? ZeroAddress : random.pick(this.#world.users);
    return { ...base, stream: this.#stream(base.pool), action: { name: "claim", account } };
  }

  #fund(base: Base): StakingChoice {
    const random = this.#random;
    const stream = this.#stream(base.pool);
    const caller = random.chance(95) ? base.pool.funder : base.caller;
    const { streams, time } = this.#world.model.poolOf(base.pool);
    const { end: current } = streams[stream];
    const earliest = current > time + 3600n ? current : time + 3600n;
    const latest = time + STREAM_MAX_DURATION;
    const roll = random.below(100n);
    let end = earliest + random.below(60n * DAY);
    if (roll < 10n) end = earliest;
    else if (roll < 12n) end = earliest - 1n;
    else if (roll < 13n) end = latest;
    else if (roll < 15n) end = latest + 1n;
    return {
      ...base,
      caller,
      stream,
      amount1: this.#rewards(base.pool, stream, caller),
      action: { name: "fund", end },
    };
  }

  #addRewards(base: Base): StakingChoice {
    const stream = this.#stream(base.pool);
    return { ...base, stream, amount1: this.#rewards(base.pool, stream, base.caller), action: { name: "addRewards" } };
  }

  #rewards(pool: StakePool, stream: StreamIndex, account: string): bigint {
    const random = this.#random;
    if (random.chance(1)) return STREAM_MAX_FUNDED + 1n;
    const id = stream === 0 ? pool.reward0 : pool.reward1;
    return this.amount(this.#world.ledgerModel.balanceOf({ account, id }) / 20n);
  }

  #stream(pool: StakePool): StreamIndex {
    const random = this.#random;
    if (pool.reward1 === 0n) return random.chance(1) ? 1 : 0;
    return random.chance(50) ? 1 : 0;
  }

  /* LOCKS AND SLASHING */

  #lock(base: Base): StakingChoice {
    const random = this.#random;
    const { model, users, chain } = this.#world;
    const now = BigInt(chain.now);
    const holder = users.find((user) => model.positionOf(base.pool, user).shares !== 0n && random.chance(40));
    const caller = holder ?? base.caller;
    const { lockEnd } = model.positionOf(base.pool, caller);
    const roll = random.below(100n);
    let until = now + random.magnitude(1n, base.pool.maxLock + 1n);
    if (lockEnd > now && roll < 80n) until = random.between(lockEnd, now + base.pool.maxLock);
    if (roll < 3n) until = now;
    else if (roll < 6n) until = now + base.pool.maxLock + 1n;
    else if (roll < 9n) until = now + base.pool.maxLock;
    return { ...base, caller, action: { name: "lock", until } };
  }

  #kick(base: Base): StakingChoice {
    const random = this.#random;
    const { model, users, chain } = this.#world;
    const over = users.find((user) => {
      const { lockEnd } = model.positionOf(base.pool, user);
      return lockEnd !== 0n && lockEnd <= BigInt(chain.now);
    });
    const account = over !== undefined && random.chance(85) ? over : random.pick([...users, ZeroAddress]);
    return { ...base, action: { name: "kick", account } };
  }

  #slash(base: Base): StakingChoice {
    const random = this.#random;
    const caller = random.chance(95) ? base.pool.slasher : base.caller;
    const { assets } = this.#world.model.poolOf(base.pool);
    return {
      ...{ ...base, caller: caller === ZeroAddress ? base.caller : caller },
      action: { name: "slash", amount: this.near(random.chance(70) ? assets / 30n : (assets * 3n) / 10n) },
    };
  }

  /* RECEIPTS */

  #receipts(base: Base): StakingChoice {
    const random = this.#random;
    const { ledgerModel, model, users } = this.#world;
    const roll = random.below(100n);
    if (roll < 50n) {
      return { ...base, action: { name: "mintReceipts", shares: this.near(this.free(base.pool, base.caller)) } };
    }
    if (roll < 70n) {
      const held = ledgerModel.balanceOf({ account: base.caller, id: model.receiptIdOf(base.pool) });
      return { ...base, action: { name: "burnReceipts", shares: this.near(held) } };
    }
    const shares = random.chance(3) ? 1n << 96n : this.near(this.free(base.pool, base.caller));
    return { ...base, action: { name: "allowPledge", pledgee: random.pick(users), shares } };
  }

  /* NUMBERS */

  /** Shares that the account could take out now. */
  free(pool: StakePool, account: string): bigint {
    const { model, chain } = this.#world;
    const position = model.positionOf(pool, account);
    const isOver = position.lockEnd !== 0n && position.lockEnd <= BigInt(chain.now);
    return freeOf({ terms: pool }, isOver ? { ...position, extra: 0n, lockEnd: 0n } : position);
  }

  /** Around a limit: a part of it, itself, or a unit more; rarely far more. */
  near(limit: bigint): bigint {
    const random = this.#random;
    const roll = random.below(100n);
    if (roll < 1n) return 0n;
    if (roll < 2n) return MAX_UINT256 - 1n;
    if (roll < 15n) return limit;
    if (roll < 20n) return limit + 1n;
    return random.chance(50) ? random.between(limit / 3n, limit) : random.magnitude(1n, limit + 1n);
  }

  /** Some of what is held, and rarely more. */
  amount(held: bigint): bigint {
    const random = this.#random;
    const roll = random.below(100n);
    if (roll < 1n) return 0n;
    if (roll < 2n) return MAX_AMOUNT + random.below(2n);
    if (roll < 4n) return held * 30n + 1n;
    return random.chance(50) ? random.between(held / 64n, held) : random.magnitude(1n, held + 1n);
  }
}
