import {
  checkAfter,
  clearingPrice,
  edges,
  fill,
  worstOut,
  type Band,
  type PoolState,
} from "../../src/models/amm-math.js";

/** What every account starts with, in units. */
export const FUNDS = 4_000_000_000;
export const POOL_RESERVE = 10n ** 15n;
/** 1:1 with 5 % to either side. */
export const BAND: Band = { price: 10n ** 36n, tolerance: 5n * 10n ** 16n };
const HALF = 112n;
const FLAGS = 224n;
/** What every account begins with: settlement versions 0 and 1, the benchmark's twin, may act. */
export const CONSENT = 7;
/** What a fresh word takes over from the version that credits it. */
const FRESH_CONSENT = 1;
/** Where the sequence stands in the flags. */
const SEQUENCE = 8n;

/** Words of one kind, by account: amounts of both sides and sequences; doubles are exact below 2^53. */
export class Words {
  readonly side0: Float64Array;
  readonly side1: Float64Array;
  readonly sequence: Uint16Array;
  /** Consent bits; 0 for a word that was never written. */
  readonly consent: Uint8Array;

  constructor(size: number) {
    this.side0 = new Float64Array(size);
    this.side1 = new Float64Array(size);
    this.sequence = new Uint16Array(size);
    this.consent = new Uint8Array(size);
  }

  fill(amount0: number, amount1: number): void {
    this.side0.fill(amount0);
    this.side1.fill(amount1);
    this.consent.fill(CONSENT);
  }

  /** A word that is credited; a fresh one takes over the consent. */
  touch(index: number): void {
    if (this.consent[index] === 0) this.consent[index] = FRESH_CONSENT;
  }

  side(side: number): Float64Array {
    return side === 0 ? this.side0 : this.side1;
  }

  /** The storage word, its consent included; 0 for one that was never written. */
  encode(index: number): bigint {
    const consent = this.consent[index] ?? 0;
    if (consent === 0) return 0n;
    const flags = BigInt(consent) | (BigInt(this.sequence[index] ?? 0) << SEQUENCE);
    return BigInt(this.side0[index] ?? 0) | (BigInt(this.side1[index] ?? 0) << HALF) | (flags << FLAGS);
  }
}

/** An operation that executes. `to` is the receiver's index where there is one. */
export type Movement = { account: number; side: number; amount: number; to?: number };

/** Orders of a section of swaps; the fee is the relayer's. */
export type SwapOrder = { account: number; side: 0 | 1; amount: number; limit: number };

/**
 * The ledger of one lane in plain numbers: nothing here comes from the contracts. Sides are those of the pool (asset 0
 * below asset 1). The last index of `home` is the relayer.
 */
export class LaneModel {
  /** The pair's words: transfers, swaps and the vaults' deposits. */
  readonly home: Words;
  /** Words of the asset with RULES, on side 0. */
  readonly rules: Words;
  /** Words of the vaults' shares, on side 0. */
  readonly vaults: readonly { shares: Words; held: bigint[] }[];
  /** Wallets' balances of the plain ERC-20. */
  readonly tokens: Float64Array;
  readonly pool: PoolState;
  readonly relayer: number;

  constructor({ accounts, wallets, vaults, fee }: { accounts: number; wallets: number; vaults: number; fee: bigint }) {
    this.relayer = accounts;
    this.home = new Words(accounts + 1);
    this.home.fill(FUNDS, FUNDS);
    this.rules = new Words(accounts);
    this.rules.fill(FUNDS, 0);
    this.vaults = Array.from({ length: vaults }, () => ({ shares: new Words(accounts), held: [0n] }));
    this.tokens = new Float64Array(wallets).fill(FUNDS);
    this.pool = {
      ...{ reserve0: POOL_RESERVE, reserve1: POOL_RESERVE, offset0: 0n, offset1: 0n, alpha: 0n, beta: 0n },
      ...{ keep: 1_000_000n - fee, totalShares: POOL_RESERVE, virtualShares: 0n, rootK: 0n },
    };
  }

  /** A batched transfer between accounts, with the relayer's fee in the same asset. */
  transfer(words: Words, { account, side, amount, to = account }: Movement, fee: number): void {
    const amounts = words.side(side);
    amounts[account] = (amounts[account] ?? 0) - amount - fee;
    amounts[to] = (amounts[to] ?? 0) + amount;
    words.touch(to);
    advance(words, account);
    if (fee !== 0) amounts[this.relayer] = (amounts[this.relayer] ?? 0) + fee;
  }

  /** A transfer out of a wallet's own transaction. */
  move({ account, side, amount, to = account }: Movement): void {
    const amounts = this.home.side(side);
    amounts[account] = (amounts[account] ?? 0) - amount;
    amounts[to] = (amounts[to] ?? 0) + amount;
  }

  /** A section of swaps at one price. Every order fills, or it throws: the load holds no other. */
  swapAll(orders: readonly SwapOrder[], fee: number): void {
    const { home, pool } = this;
    const limits = edges(BAND);
    const nets: [bigint, bigint] = [0n, 0n];
    const ins: [bigint, bigint] = [0n, 0n];
    for (const { account, side, amount, limit } of orders) {
      const net = BigInt(amount) * pool.keep;
      if (worstOut(net, side === 0, limits) < BigInt(limit))
        throw new RangeError("An order's limit lies outside the band");
      nets[side] += net;
      ins[side] += BigInt(amount);
      const amounts = home.side(side);
      amounts[account] = (amounts[account] ?? 0) - amount - fee;
      amounts[this.relayer] = (amounts[this.relayer] ?? 0) + fee;
      advance(home, account);
    }
    const scaled0 = pool.reserve0 * 1_000_000n + nets[0];
    const scaled1 = pool.reserve1 * 1_000_000n + nets[1];
    clearingPrice(scaled0, scaled1, limits);
    const outs: [bigint, bigint] = [0n, 0n];
    for (const { account, side, amount } of orders) {
      const net = BigInt(amount) * pool.keep;
      const out = side === 0 ? fill(net, scaled0, scaled1) : fill(net, scaled1, scaled0);
      const amounts = home.side(1 - side);
      amounts[account] = (amounts[account] ?? 0) + Number(out);
      outs[side === 0 ? 1 : 0] += out;
    }
    checkAfter(pool, { in0: ins[0], in1: ins[1], out0: outs[0], out1: outs[1] });
    pool.reserve0 += ins[0] - outs[0];
    pool.reserve1 += ins[1] - outs[1];
  }

  /** A section of one vault: side 0 deposits asset 0 for shares, side 2 redeems them. */
  vaultAll(vault: number, movements: readonly Movement[], fee: number): void {
    const { home } = this;
    const { shares, held } = this.vaults[vault] ?? { shares: home, held: [] };
    for (const { account, side, amount } of movements) {
      const words = side === 0 ? home : shares;
      words.side0[account] = (words.side0[account] ?? 0) - amount - (side === 0 ? fee : 0);
      advance(words, account);
    }
    for (const { account, side, amount } of movements) {
      // Shares carry no fee: the relayer's is taken from what is paid.
      const words = side === 0 ? shares : home;
      words.side0[account] = (words.side0[account] ?? 0) + amount - (side === 0 ? 0 : fee);
      words.touch(account);
      home.side0[this.relayer] = (home.side0[this.relayer] ?? 0) + fee;
      held[0] = (held[0] ?? 0n) + BigInt(side === 0 ? amount : -amount);
    }
  }
}

function advance({ sequence }: Words, account: number): void {
  sequence[account] = (sequence[account] ?? 0) + 1; // wraps at 2^16 as the chain does
}
