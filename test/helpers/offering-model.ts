import { ethers, networkHelpers } from "./ledger-fixture.js";
import { HOUR, PRICE, termsOf, type Offering, type OfferingFixture } from "./offering-fixture.js";
import type { Random } from "./random.js";

const SCALE = 10n ** 36n;
const WAD = 10n ** 18n;
export const SETTLEMENT = 30n * 86_400n;
export const PAYOUT_DELAY = 86_400n;

export type Allotment = { units: bigint; payment: bigint; isSettled: boolean; refusedAt: bigint };
/** What an action pays the caller in both assets, or the error that it is refused with. */
export type Answer = { out0: bigint; out1: bigint } | { error: string };
/** What the issuer says: whether anything moves, whether the seller may give, and who may be given units. */
export type Rules = { isPaused: boolean; sellerMaySend: boolean; mayReceive: (account: string) => boolean };

/** Terms of the seller Carol, with and without a soft cap, tickets and a price that rounds. */
export async function randomTerms(world: OfferingFixture, random: Random): Promise<Offering> {
  const hardCap = random.pick([10n, 1_000_000n, random.between(1n, 200n * WAD)]);
  const now = BigInt(await networkHelpers.time.latest());
  const start = now + random.pick([0n, 0n, 2n * HOUR]);
  const least = random.pick([1n, hardCap / 10n + 1n]);
  return termsOf(world, {
    ...{ start, end: start + random.between(20n, 60n) * HOUR, hardCap, least },
    price: random.pick([PRICE, PRICE / 3n + 1n, 10n ** 36n * 7n, 1n]),
    softCap: random.pick([0n, 1n, hardCap / 3n + 1n, hardCap / 2n + 1n]),
    most: random.pick([0n, 0n, least + hardCap / 3n]),
    salt: ethers.toBeHex(random.next(), 32),
  });
}

/** `a · b / c`, rounded up. */
const mulDivUp = (a: bigint, b: bigint, c: bigint): bigint => (a * b + c - 1n) / c;

/** One offering on exact numbers: a twin of `RwaOffering`, written from its interface. */
export class OfferingModel {
  readonly allotments = new Map<string, Allotment>();
  readonly listingFee: bigint;
  sold = 0n;
  earned = 0n;
  closedAt = 0n;
  owed = 0n;
  escrowed = 0n;
  withdrawn = 0n;
  collected = 0n;
  inventory: bigint;
  isCancelled = false;

  constructor(
    readonly terms: Offering,
    { flat, inventory }: { flat: bigint; inventory: bigint },
  ) {
    const part = this.costOf(terms.hardCap) / 100n;
    this.listingFee = flat < part ? flat : part;
    this.inventory = inventory;
  }

  get isEscrow(): boolean {
    return this.terms.softCap !== 0n;
  }

  /** Settled payments come to what the soft cap costs; without one, to nothing. */
  get isSecured(): boolean {
    return this.earned >= this.costOf(this.terms.softCap);
  }

  /** Both sides of the book. */
  get book(): { money: bigint; units: bigint } {
    const { escrowed, earned, listingFee, withdrawn, collected, inventory, owed } = this;
    return { money: escrowed + earned + listingFee - withdrawn - collected, units: inventory + owed };
  }

  costOf(units: bigint): bigint {
    return mulDivUp(units, this.terms.price, SCALE);
  }

  allotmentOf(account: string): Allotment {
    return this.allotments.get(account) ?? { units: 0n, payment: 0n, isSettled: false, refusedAt: 0n };
  }

  /** When the last unit was sold, or the end. */
  get close(): bigint {
    return this.closedAt === 0n ? this.terms.end : this.closedAt;
  }

  isClosed(now: bigint): boolean {
    return now >= this.close;
  }

  isPaying(now: bigint): boolean {
    return !this.isEscrow || now >= this.close + PAYOUT_DELAY;
  }

  /** Too little was sold, or went back, or was settled in time. */
  isFailed(now: bigint): boolean {
    if (!this.isEscrow || !this.isClosed(now)) return false;
    if (this.sold < this.terms.softCap) return true;
    const isOutOfReach = this.earned + this.escrowed < this.costOf(this.terms.softCap);
    return isOutOfReach || (!this.isSecured && now >= this.close + SETTLEMENT);
  }

  /** The time goes on: units of a failed offering are the seller's. */
  pass(now: bigint): void {
    if (!this.isFailed(now)) return;
    this.inventory += this.owed;
    this.owed = 0n;
  }

  /** What an action by name comes to, with the arguments of `IRwaOfferingActions`. */
  act({ action, args, amount0, amount1, ...ask }: Act): Answer {
    const first = args[0] as bigint;
    const asks = { ...ask, accounts: args[0] as string[] };
    switch (action) {
      case "subscribe":
        return this.subscribe({ ...ask, units: first, paid: amount0 });
      case "claim":
        return this.claim(ask);
      case "refund":
        return this.refund(ask);
      case "settle":
        return this.settle(asks);
      case "release":
        return this.release(asks);
      case "deposit":
        return this.deposit({ units: amount1, now: ask.now });
      case "withdrawInventory":
        return this.withdrawInventory({ ...ask, units: first });
      case "withdrawProceeds":
        return this.withdrawProceeds(ask.now);
      case "collectFees":
        return this.collectFees(ask.now);
      default:
        return this.cancel();
    }
  }

  subscribe({ account, units, paid, now, rules }: Buy): Answer {
    const { start, end, hardCap, least, most, seller } = this.terms;
    if (now < start || now >= end || this.isCancelled) return { error: "OfferingNotOpen" };
    const left = this.inventory < hardCap - this.sold ? this.inventory : hardCap - this.sold;
    if (units > left) return { error: "OfferingSoldOut" };
    if (units === 0n || (units < least && units !== left)) return { error: "OfferingBelowLeast" };
    const cost = this.costOf(units);
    if (cost > paid) return { error: "OfferingUnderpaid" };
    const had = this.allotmentOf(account);
    if (most !== 0n && had.units + units > most) return { error: "OfferingAboveMost" };
    if (account === seller) return { error: "OfferingSelfSubscription" };
    if (rules.isPaused || !rules.sellerMaySend || !rules.mayReceive(account)) return { error: "OfferingRefused" };
    this.sold += units;
    this.inventory -= units;
    if (this.sold === hardCap) this.closedAt = now;
    if (this.isEscrow) {
      this.owed += units;
      this.escrowed += cost;
    } else {
      this.earned += cost;
    }
    if (this.isEscrow || most !== 0n) {
      const payment = had.payment + (this.isEscrow ? cost : 0n);
      this.allotments.set(account, { ...had, units: had.units + units, payment });
    }
    return { out0: paid - cost, out1: this.isEscrow ? 0n : units };
  }

  claim({ account, now, rules }: Ask): Answer {
    const refusal = this.#notSettling(now);
    if (refusal !== undefined) return { error: refusal };
    const { units, payment, isSettled } = this.allotmentOf(account);
    if (units === 0n) return { error: payment === 0n ? "OfferingNoAllotment" : "OfferingReleased" };
    if (!this.isPaying(now)) return { error: "OfferingNotPaying" };
    const settled = isSettled ? 0n : payment;
    if (this.earned + settled < this.costOf(this.terms.softCap)) return { error: "OfferingUnsecured" };
    if (rules.isPaused || !rules.mayReceive(account)) return { error: "OfferingRefused" };
    this.allotments.delete(account);
    this.owed -= units;
    this.#earn(settled);
    return { out0: 0n, out1: units };
  }

  refund({ account, now, rules }: Ask): Answer {
    if (!this.isEscrow) return { error: "OfferingWithoutSoftCap" };
    const { units, payment, isSettled } = this.allotmentOf(account);
    const isFailed = this.isFailed(now);
    if (payment === 0n) return { error: "OfferingNoAllotment" };
    if (isSettled && !isFailed) return { error: "OfferingSettled" };
    if (!this.isClosed(now)) return { error: "OfferingNotClosed" };
    if (!isFailed && !this.isPaying(now)) return { error: "OfferingNotPaying" };
    const isDeliverable = !rules.isPaused && rules.mayReceive(account);
    if (!isFailed && units !== 0n && isDeliverable) return { error: "OfferingDeliverable" };
    this.allotments.delete(account);
    if (!isFailed) this.#return(units);
    if (isSettled) this.earned -= payment;
    else this.escrowed -= payment;
    return { out0: payment, out1: 0n };
  }

  settle({ accounts, now, rules }: Asks): Answer {
    const refusal = this.#notSettling(now);
    if (refusal !== undefined) return { error: refusal };
    for (const account of accounts) {
      const allotment = this.allotments.get(account);
      const isSkipped = allotment === undefined || allotment.isSettled || allotment.units === 0n;
      if (isSkipped || rules.isPaused || !rules.mayReceive(account)) continue;
      [allotment.isSettled, allotment.refusedAt] = [true, 0n];
      this.#earn(allotment.payment);
    }
    return { out0: 0n, out1: 0n };
  }

  release({ accounts, now, rules }: Asks): Answer {
    const refusal = this.#notSettling(now);
    if (refusal !== undefined) return { error: refusal };
    for (const account of accounts) {
      const allotment = this.allotments.get(account);
      const isSkipped = allotment === undefined || allotment.isSettled || allotment.units === 0n;
      if (isSkipped || (!rules.isPaused && rules.mayReceive(account))) continue;
      const passed = now - allotment.refusedAt;
      if (passed < SETTLEMENT) continue;
      const isNote = passed >= 2n * SETTLEMENT;
      if (!isNote) {
        this.#return(allotment.units);
        allotment.units = 0n;
      }
      allotment.refusedAt = isNote ? now : 0n;
    }
    return { out0: 0n, out1: 0n };
  }

  deposit({ units, now }: { units: bigint; now: bigint }): Answer {
    if (this.isCancelled || now >= this.terms.end) return { error: "OfferingNotOpen" };
    this.inventory += units;
    return { out0: 0n, out1: 0n };
  }

  withdrawInventory({ units, now, rules }: Omit<Ask, "account"> & { units: bigint }): Answer {
    if (this.isEscrow && !this.isCancelled && !this.isClosed(now)) return { error: "OfferingNotClosed" };
    if (units === 0n || units > this.inventory) return { error: "OfferingInsufficientInventory" };
    if (rules.isPaused || !rules.mayReceive(this.terms.seller)) return { error: "LedgerTransferRefused" };
    this.inventory -= units;
    return { out0: 0n, out1: units };
  }

  withdrawProceeds(now: bigint): Answer {
    const earned = this.isSecured && this.isPaying(now) ? this.earned : 0n;
    const due = earned - mulDivUp(earned, this.terms.fee, WAD) - this.withdrawn;
    const isWaiting = !this.isPaying(now) && this.#notSettling(now) === undefined;
    if (due === 0n) return { error: isWaiting ? "OfferingNotPaying" : "OfferingNothingDue" };
    this.withdrawn += due;
    return { out0: due, out1: 0n };
  }

  collectFees(now: bigint): Answer {
    const share = this.isSecured && this.isPaying(now) ? mulDivUp(this.earned, this.terms.fee, WAD) : 0n;
    const due = share + this.listingFee - this.collected;
    if (due === 0n) return { error: "OfferingNothingDue" };
    this.collected += due;
    return { out0: due, out1: 0n };
  }

  cancel(): Answer {
    if (this.isCancelled) return { error: "OfferingNotOpen" };
    if (this.sold !== 0n) return { error: "OfferingHasSold" };
    this.isCancelled = true;
    return { out0: 0n, out1: 0n };
  }

  #notSettling(now: bigint): string | undefined {
    if (!this.isEscrow) return "OfferingWithoutSoftCap";
    if (!this.isClosed(now)) return "OfferingNotClosed";
    if (this.sold < this.terms.softCap) return "OfferingFailed";
    return this.isFailed(now) ? "OfferingUnsecured" : undefined;
  }

  #return(units: bigint): void {
    this.owed -= units;
    this.inventory += units;
  }

  #earn(payment: bigint): void {
    this.escrowed -= payment;
    this.earned += payment;
  }
}

type Ask = { account: string; now: bigint; rules: Rules };
type Asks = Omit<Ask, "account"> & { accounts: readonly string[] };
type Buy = Ask & { units: bigint; paid: bigint };
type Act = Ask & { action: string; args: readonly unknown[]; amount0: bigint; amount1: bigint };
