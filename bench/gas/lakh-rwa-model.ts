import { accrueStream, ACCRUED_BITS, EMPTY_STREAM, fundStream, type Stream } from "../../src/models/stream.js";
import { entryOf, type Words } from "./staking-model.js";

const DAY = 86_400n;
/** 80 bits of the index less 12 of what accrued. */
const ACCRUED_SHIFT = 68n;
const RECORD_BITS = 104;

type Holder = { balance: bigint; index: bigint; accrued: bigint };
type Movement = { from: string; to: string; amount: bigint; time: bigint };

/**
 * A regulated asset that pays an income once, without a fee, in integers; `RwaIncome` says the formulas. An account's record is
 * written where the index has moved, as the ledger tells of a movement: by the balance after it. Of each holder at most one movement
 * is told at once while his index moves.
 */
export class LakhRwaModel {
  readonly #holders = new Map<string, Holder>();
  /** Protocols, whose units are in books and bear no income. */
  readonly #protocols: ReadonlySet<string>;
  #stream: Stream = EMPTY_STREAM;
  #funded = 0n;
  #left = 0n;
  #weight = 0n;
  #countedTo = 0n;
  /** The first midnight that income flows from, while the day before it is not counted. */
  #isStepped = false;
  #isRunning = false;

  constructor(protocols: readonly string[] = []) {
    this.#protocols = new Set(protocols);
  }

  mint({ to, amount, time }: Omit<Movement, "from">): void {
    this.count(time);
    this.#settleNow(to);
    this.#holder(to).balance += amount;
    this.#weight += amount;
  }

  /** A movement that the ledger tells of. */
  transfer({ from, to, amount, time }: Movement): void {
    this.count(time);
    this.#move(from, -amount);
    this.#move(to, amount);
  }

  /** A movement by the issuer's hand. */
  relocate({ from, to, amount, time }: Movement): void {
    this.count(time);
    this.#settleNow(from);
    this.#settleNow(to);
    this.#holder(from).balance -= amount;
    this.#holder(to).balance += amount;
  }

  /** What the account is paid. */
  claim({ account, time }: { account: string; time: bigint }): bigint {
    this.count(time);
    this.#settleNow(account);
    const holder = this.#holder(account);
    const paid = holder.accrued >> BigInt(RECORD_BITS - 1) === 0n ? holder.accrued >> ACCRUED_BITS : 0n;
    holder.accrued -= paid << ACCRUED_BITS;
    return paid;
  }

  /** The only income. It flows from the next midnight on. */
  distribute({ amount, end, time }: { amount: bigint; end: bigint; time: bigint }): void {
    if (this.#isRunning) throw new RangeError("There is an income already");
    const today = time - (time % DAY);
    const funding = { left: this.#left, amount, time: today + DAY, end };
    const { stream, left } = fundStream(this.#stream, funding);
    [this.#stream, this.#left, this.#funded] = [stream, left, this.#funded + amount];
    [this.#countedTo, this.#isStepped, this.#isRunning] = [today, true, true];
  }

  /** Counts the income up to the day of `time`. */
  count(time: bigint): void {
    const today = time - (time % DAY);
    if (!this.#isRunning || this.#countedTo === today) return;
    // Nothing flowed on the day of the funding.
    const from = this.#isStepped ? this.#countedTo + DAY : this.#countedTo;
    this.#isStepped = false;
    this.#stream = accrueStream(this.#stream, { weight: this.#weight, from, to: today });
    this.#countedTo = today;
    this.#isRunning = this.#stream.end > today;
  }

  words(account: string): Words {
    const { index, remainder, rate, end } = this.#stream;
    const holder = this.#holder(account);
    return {
      ...{ index, remainder, rate, end, funded: this.#funded, left: this.#left },
      ...{ weight: this.#weight, countedTo: this.#countedTo },
      ...{ balance: holder.balance, recordIndex: holder.index, accrued: holder.accrued },
    };
  }

  #holder(account: string): Holder {
    return entryOf(this.#holders, account, () => ({ balance: 0n, index: 0n, accrued: 0n }));
  }

  #move(account: string, change: bigint): void {
    if (this.#protocols.has(account)) {
      this.#weight -= change; // what comes out of a book is a holder's
      return;
    }
    const holder = this.#holder(account);
    const growth = this.#stream.index - holder.index;
    holder.balance += change;
    this.#accrue(holder, growth, holder.balance);
    this.#accrue(holder, growth, -change);
    holder.index = this.#stream.index;
  }

  #settleNow(account: string): void {
    const holder = this.#holder(account);
    this.#accrue(holder, this.#stream.index - holder.index, holder.balance);
    holder.index = this.#stream.index;
  }

  /** Rounded down, also where units are taken off. */
  #accrue(holder: Holder, growth: bigint, units: bigint): void {
    holder.accrued = BigInt.asUintN(RECORD_BITS, holder.accrued + ((growth * units) >> ACCRUED_SHIFT));
  }
}
