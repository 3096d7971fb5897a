import {
  checkAmount,
  entryOf,
  type Claim,
  type Moment,
  type Move,
  type StakingModel,
  type Words,
} from "./staking-model.js";

const INDEX_BITS = 80n;
const RATE_BITS = 32n;
const ACCRUED_BITS = 12n;
const MIN_WEIGHT = 1n << 20n;
const DEBT_BITS = 112n;
const PART = 1n << (INDEX_BITS - ACCRUED_BITS);

type Holder = { shares: bigint; debt: bigint };
type Stream = { index: bigint; remainder: bigint; rate: bigint; end: bigint; funded: bigint; left: bigint };

/** Our pool in integers: one stream, neither locks nor a slasher, exits at once; `StreamLib` says the formulas. */
export class LakhStakingModel implements StakingModel {
  readonly #duration: bigint;
  readonly #step: bigint;
  readonly #holders = new Map<string, Holder>();
  #stream: Stream = { index: 0n, remainder: 0n, rate: 0n, end: 0n, funded: 0n, left: 0n };
  #weight = 0n;
  #updatedAt = 0n;

  constructor({ duration, step }: { duration: bigint; step: bigint }) {
    this.#duration = duration;
    this.#step = step;
  }

  stake({ account, amount, at }: Move): bigint {
    checkAmount(amount);
    this.#change(account, at, amount);
    return 0n;
  }

  withdraw({ account, amount, at }: Move): bigint {
    checkAmount(amount, this.stakeOf(account));
    this.#change(account, at, -amount);
    return 0n;
  }

  /** Stores nothing of the pool. */
  claim({ account, at }: Claim): bigint {
    const holder = this.#holder(account);
    const { index } = this.#streamAt(this.#timeOf(at));
    const accrued = BigInt.asIntN(Number(DEBT_BITS), (holder.shares * index) / PART - holder.debt);
    const paid = accrued < 0n ? 0n : accrued >> ACCRUED_BITS;
    holder.debt = BigInt.asUintN(Number(DEBT_BITS), holder.debt + (paid << ACCRUED_BITS));
    return paid;
  }

  /** The stake first, then the rewards. */
  exit({ account, at }: Claim): bigint {
    this.withdraw({ account, amount: this.stakeOf(account), at });
    return this.claim({ account, at });
  }

  notify({ amount, at }: { amount: bigint; at: Moment }): void {
    this.#update(at);
    const time = this.#timeOf(at);
    const end = time + this.#duration;
    const total = (amount << RATE_BITS) + this.#waiting(time);
    const rate = total / (end - time);
    const left = total % (end - time);
    this.#stream = { ...this.#stream, rate, left, end, funded: this.#stream.funded + amount };
  }

  /** What every section of a batch does before its operations. */
  count(at: Moment): void {
    this.#update(at);
  }

  stakeOf(account: string): bigint {
    return this.#holder(account).shares;
  }

  words(account: string): Words {
    return { ...this.#stream, weight: this.#weight, updatedAt: this.#updatedAt, ...this.#holder(account) };
  }

  #holder(account: string): Holder {
    return entryOf(this.#holders, account, () => ({ shares: 0n, debt: 0n }));
  }

  #change(account: string, at: Moment, shares: bigint): void {
    this.#update(at);
    const holder = this.#holder(account);
    const had = (holder.shares * this.#stream.index) / PART;
    holder.shares += shares;
    this.#weight += shares;
    const has = (holder.shares * this.#stream.index + PART - 1n) / PART;
    holder.debt = BigInt.asUintN(Number(DEBT_BITS), holder.debt + has - had);
  }

  #update(at: Moment): void {
    const time = this.#timeOf(at);
    this.#stream = this.#streamAt(time);
    this.#updatedAt = time;
  }

  #streamAt(time: bigint): Stream {
    const stream = this.#stream;
    const until = time < stream.end ? time : stream.end;
    if (this.#updatedAt >= until) return stream;
    if (this.#weight < MIN_WEIGHT) return { ...stream, end: stream.end + time - this.#updatedAt };
    const flowed = ((until - this.#updatedAt) * stream.rate) << (INDEX_BITS - RATE_BITS);
    const dividend = flowed + stream.remainder;
    return { ...stream, index: stream.index + dividend / this.#weight, remainder: dividend % this.#weight };
  }

  #waiting(time: bigint): bigint {
    const { end, rate, left } = this.#stream;
    return (end > time ? (end - time) * rate : 0n) + left;
  }

  #timeOf({ time }: Moment): bigint {
    return time - (time % this.#step);
  }
}
