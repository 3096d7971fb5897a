import {
  EMPTY_CAPPED_EXITS,
  finaliseCappedExits,
  payCappedExit,
  pendingCappedExits,
  pushCappedExit,
  type CappedExit,
  type CappedExits,
} from "./capped-exits.js";
import { accrueExcess, addExcess, EMPTY_EXCESS, takeExcess, type ExcessStream } from "./excess-stream.js";
import {
  accrueFlow,
  addToFlow,
  ceilDiv,
  coverForBudget,
  coverPrice,
  EMPTY_FLOW,
  flowEnd,
  waitingPremiums,
  type CoverCurve,
  type PremiumFlow,
} from "./insurance-math.js";
import { demand } from "./state.js";

const WAD = 10n ** 18n;
const YEAR = 365n * 86_400n;
const DAY = 86_400n;
/** All of the cover, in billionths. */
const ALL = 10n ** 9n;
const MAX_AMOUNT = (1n << 96n) - 1n;
const MAX_SHARES = (1n << 112n) - 1n;

/** What a pool and its one product say that matters to amounts; shares and rates in WAD, times in seconds. */
export type InsuranceTerms = {
  capacity: bigint;
  riskLimit: bigint;
  eventLimit: bigint;
  cooldown: bigint;
  minRate: bigint;
  kinkRate: bigint;
  maxRate: bigint;
  kink: bigint;
  fee: bigint;
  referral: bigint;
};

/** When a risk is sold, observed and reported, Unix seconds; `eventId` is empty for none. */
export type InsuranceRisk = {
  eventId: string;
  baseRate: bigint;
  cutoff: bigint;
  start: bigint;
  end: bigint;
  reportBy: bigint;
  fallbackBy: bigint;
};

/** What has become of a risk. */
export type RiskState = "open" | "reported" | "settled";

/** A risk of the model, with what was sold. */
export type ModelRisk = InsuranceRisk & {
  state: RiskState;
  cover: bigint;
  /** Premiums with fees; of a settled risk what its holders are still owed. */
  held: bigint;
  /** What holders are owed once it is reported. */
  owed: bigint;
  /** Of the fees, what referrers get when there is a report; and whose it is until it is credited. */
  referred: bigint;
  commissions: Map<string, bigint>;
  isVoid: boolean;
  units: Map<string, bigint>;
};

/**
 * One underwriting pool with a desk of one product: a twin of UnderwritingPool and CoverDesk, without the ledger. Amounts are in units.
 * What a contract refuses throws a `ModelError` of its error's name, and changes nothing.
 */
export class InsuranceModel {
  readonly terms: InsuranceTerms;
  readonly risks: ModelRisk[] = [];
  readonly fees = new Map<string, bigint>();
  readonly shareholders = new Map<string, bigint>();
  feeTo: string;
  now: bigint;
  assets = 0n;
  locked = 0n;
  horizon = 0n;
  shares = 0n;
  staying = 0n;
  /** What the pool's own book holds. */
  book = 0n;
  queue: CappedExits = EMPTY_CAPPED_EXITS;
  /** What exits left to those who stay and is not earned. */
  excess: ExcessStream = EMPTY_EXCESS;
  #flow: PremiumFlow = EMPTY_FLOW;
  /** The stream as the pool has stored it, since when, and what was earned of it since: each storing keeps back what a division leaves. */
  #stored = { excess: EMPTY_EXCESS, time: 0n, earned: 0n };

  constructor({ terms, now, feeTo }: { terms: InsuranceTerms; now: bigint; feeTo: string }) {
    [this.terms, this.now, this.feeTo] = [terms, now, feeTo];
  }

  /** Moves on to `time`; premiums, and what exits left, are earned. */
  pass(time: bigint): void {
    const premiums = accrueFlow(this.#flow, this.now, time);
    const left = accrueExcess(this.#stored.excess, this.#stored.time, time);
    this.assets += premiums.earned + left.earned - this.#stored.earned;
    [this.#flow, this.excess, this.#stored.earned, this.now] = [premiums.flow, left.excess, left.earned, time];
  }

  /** Premiums, and what exits left, that are not earned, units · 2^32. */
  unearned(): bigint {
    return waitingPremiums(this.#flow, this.now) + this.#flow.fraction + (this.excess.amount << 32n);
  }

  /** What is not earned beyond all locked cover, and so bears no risk; of a pool without shares nothing. */
  #known(): bigint {
    const known = (this.unearned() >> 32n) - this.locked;
    return this.shares === 0n || known < 0n ? 0n : known;
  }

  /** The most that an exit of `shares` is paid which is asked for now. */
  exitCap(shares: bigint): bigint {
    const cap = (shares * (this.assets + (this.unearned() >> 32n) + 1n)) / (this.shares + 1000n);
    return cap < MAX_AMOUNT ? cap : MAX_AMOUNT;
  }

  /* UNDERWRITERS */

  /** Deposits `assets`; the shares that the account gets, rounded down. */
  deposit(account: string, assets: bigint): bigint {
    demand(assets <= MAX_AMOUNT - this.assets, "UnderwritingAmountTooLarge");
    const shares = (assets * (this.shares + 1000n)) / (this.assets + this.#known() + 1n);
    demand(shares !== 0n, "UnderwritingZeroAmount");
    demand(shares <= MAX_SHARES - this.shares, "UnderwritingAmountTooLarge");
    [this.assets, this.book] = [this.assets + assets, this.book + assets];
    [this.shares, this.staying] = [this.shares + shares, this.staying + shares];
    add(this.shareholders, account, shares);
    this.#store();
    return shares;
  }

  /** Queues `shares` of the account; the id of the request. */
  requestExit(account: string, shares: bigint): bigint {
    demand(shares <= this.staying, "UnderwritingAmountTooLarge");
    const assets = this.exitCap(shares);
    demand(assets !== 0n, "UnderwritingZeroAmount");
    demand(shares <= (this.shareholders.get(account) ?? 0n), "LedgerInsufficientBalance");
    const readyAt = max(this.now + this.terms.cooldown, this.horizon);
    const { queue, id } = pushCappedExit(this.queue, { owner: account, shares, assets, readyAt });
    [this.queue, this.staying] = [queue, this.staying - shares];
    add(this.shareholders, account, -shares);
    this.#store();
    return id;
  }

  /** Pays the account's request, which is made final first if it is ready; what is paid. */
  claimExit(account: string, requestId: bigint): bigint {
    const request = this.#requestOf(requestId);
    demand(request.owner === account, "UnderwritingUnknownRequest");
    if (requestId > this.queue.finalCount) {
      demand(this.now >= request.readyAt, "UnderwritingNotReady");
      this.#finalise(requestId);
    }
    const { queue, assets } = payCappedExit(this.queue, requestId);
    this.queue = queue;
    this.#take(assets);
    this.#store();
    return assets;
  }

  /** Makes every request up to `requestId` final, which is ready. */
  finaliseExits(requestId: bigint): void {
    demand(this.now >= this.#requestOf(requestId).readyAt, "UnderwritingNotReady");
    demand(requestId > this.queue.finalCount, "UnderwritingAlreadyFinal");
    this.#finalise(requestId);
    this.#store();
  }

  /** Pays the account's fees and commissions; how much. */
  claimFees(account: string): bigint {
    const amount = this.fees.get(account) ?? 0n;
    demand(amount !== 0n, "UnderwritingZeroAmount");
    this.fees.set(account, 0n);
    this.#take(amount);
    return amount;
  }

  /* COVER */

  /** Opens a risk; its place among the risks. Its terms are not checked. */
  openRisk(risk: InsuranceRisk): number {
    const nothing = { cover: 0n, held: 0n, owed: 0n, referred: 0n, commissions: new Map(), units: new Map() };
    this.risks.push({ ...risk, ...nothing, state: "open", isVoid: false });
    return this.risks.length - 1;
  }

  /** What `cover` costs now, with the fee. */
  quote(r: number, cover: bigint): bigint {
    const risk = this.#onSale(r);
    demand(cover !== 0n, "CoverZeroAmount");
    demand(cover <= this.roomOf(r), "CoverInsufficientRoom");
    const cost = coverPrice(this.#curveOf(risk), this.locked, cover);
    demand(cost < cover, "CoverWorthless");
    return cost;
  }

  /** The cover that a section gives for `cost` now; 0 where it gives none. */
  coverFor(r: number, cost: bigint): bigint {
    const cover = coverForBudget(this.#curveOf(this.#onSale(r)), this.locked, cost);
    return cover > this.roomOf(r) || cost >= cover ? 0n : cover;
  }

  /** Sells `cover` of risk `r` for at most `most`; what it costs. */
  buy(
    r: number,
    { account, cover, most, referrer }: { account: string; cover: bigint; most: bigint; referrer?: string },
  ) {
    const cost = this.quote(r, cover);
    demand(cost <= most, "CoverCostTooHigh");
    this.#sell(r, { account, cover, cost, ...(referrer === undefined ? {} : { referrer }) });
    return cost;
  }

  /** Fixes what part of its cover the risk pays, in billionths. */
  report(r: number, ratio: bigint): void {
    const risk = this.#inState(r, "open");
    demand(this.now >= risk.start, "CoverTooEarly");
    demand(this.now < risk.fallbackBy, "CoverTooLate");
    const owed = (risk.cover * ratio) / ALL;
    this.#book(risk, { loss: owed, owed });
    add(this.fees, this.feeTo, risk.held - this.#netOf(risk.held) - risk.referred);
  }

  /** Books that risk `r` had no report in time. */
  voidRisk(r: number): void {
    const risk = this.#inState(r, "open");
    demand(this.now >= voidFrom(risk), "CoverTooEarly");
    risk.isVoid = true;
    // Premiums that go back may be among what an exit left.
    const premium = this.#netOf(risk.held);
    const { excess, taken } = takeExcess(this.excess, premium);
    this.excess = excess;
    this.#book(risk, { loss: premium - taken, owed: risk.held });
  }

  /** Credits what `referrer` has of the fees of risk `r`, which had a report; how much. */
  creditCommission(r: number, referrer: string): bigint {
    const risk = this.#riskOf(r);
    demand(risk.state !== "open", "CoverWrongState");
    const amount = risk.isVoid ? 0n : (risk.commissions.get(referrer) ?? 0n);
    demand(amount !== 0n, "CoverZeroAmount");
    risk.commissions.set(referrer, 0n);
    add(this.fees, referrer, amount);
    return amount;
  }

  /** Moves what holders of risk `r` are owed into its book, or what they are not owed out of it. */
  settle(r: number): void {
    const risk = this.#inState(r, "reported");
    if (risk.owed > risk.held) this.#take(risk.owed - risk.held);
    else {
      this.book += risk.held - risk.owed;
      this.locked -= risk.held - risk.owed;
      if (risk.held !== risk.owed) this.#store();
    }
    [risk.state, risk.held] = ["settled", risk.owed];
  }

  /** Burns `units` of the account's cover of risk `r`; what is paid, rounded down. */
  redeem(r: number, { account, units }: { account: string; units: bigint }): bigint {
    const risk = this.#inState(r, "settled");
    demand(units <= risk.cover, "CoverInsufficientUnits");
    const paid = units === 0n ? 0n : (risk.held * units) / risk.cover;
    demand(paid !== 0n, "CoverZeroAmount");
    demand(units <= (risk.units.get(account) ?? 0n), "LedgerInsufficientBalance");
    [risk.held, risk.cover] = [risk.held - paid, risk.cover - units];
    add(risk.units, account, -units);
    return paid;
  }

  /** What of the risk's cover can be sold. */
  roomOf(r: number): bigint {
    const risk = this.#riskOf(r);
    const capital = this.#worth(this.staying);
    const limits = [
      (capital * this.terms.capacity) / WAD - this.locked,
      (capital * this.terms.riskLimit) / WAD - risk.cover,
      ...(risk.eventId === "" ? [] : [(capital * this.terms.eventLimit) / WAD - this.exposureOf(risk.eventId)]),
    ];
    return max(
      0n,
      limits.reduce((a, b) => (a < b ? a : b)),
    );
  }

  /** Cover of the event's risks that is not reported. */
  exposureOf(eventId: string): bigint {
    const open = this.risks.filter((risk) => risk.eventId === eventId && risk.state === "open");
    return open.reduce((sum, { cover }) => sum + cover, 0n);
  }

  /* INTERNALS */

  #store(): void {
    this.#stored = { excess: this.excess, time: this.now, earned: 0n };
  }

  #sell(
    r: number,
    { account, cover, cost, referrer }: { account: string; cover: bigint; cost: bigint; referrer?: string },
  ): void {
    const risk = this.#riskOf(r);
    const premium = this.#netOf(risk.held + cost) - this.#netOf(risk.held);
    [risk.cover, risk.held] = [risk.cover + cover, risk.held + cost];
    add(risk.units, account, cover);
    this.locked += cover;
    this.horizon = max(this.horizon, voidFrom(risk) + DAY);
    const { flow, earned } = addToFlow(this.#flow, { premium, time: this.now, end: risk.end });
    [this.#flow, this.assets] = [flow, this.assets + earned];
    this.#store();
    if (referrer === undefined) return;
    const part = ((cost - premium) * this.terms.referral) / WAD;
    risk.referred += part;
    add(risk.commissions, referrer, part);
  }

  #book(risk: ModelRisk, { loss, owed }: { loss: bigint; owed: bigint }): void {
    [risk.state, risk.owed] = ["reported", owed];
    this.assets -= loss;
    this.locked += max(0n, risk.held - owed) - risk.cover;
    if (risk.cover !== 0n) this.#store();
  }

  #finalise(requestId: bigint): void {
    const shares = pendingCappedExits(this.queue, requestId);
    const worth = this.#worth(shares);
    demand(worth <= this.assets - this.locked, "UnderwritingCapitalLocked");
    const { queue, assets } = finaliseCappedExits(this.queue, { id: requestId, worthOf: (each) => this.#worth(each) });
    // What they are worth beyond what they are paid is earned by who stays, over a week.
    [this.queue, this.excess] = [queue, addExcess(this.excess, worth - assets, this.now)];
    [this.shares, this.assets] = [this.shares - shares, this.assets - worth];
  }

  #curveOf({ end, baseRate }: ModelRisk): CoverCurve {
    const { minRate, kinkRate, maxRate, kink, fee, capacity } = this.terms;
    const size = (this.#worth(this.staying) * capacity) / WAD;
    const rateOf = (yearly: bigint): bigint =>
      ceilDiv((baseRate + ceilDiv(yearly * (end - this.now), YEAR)) * (WAD + fee), WAD);
    return { low: rateOf(minRate), mid: rateOf(kinkRate), high: rateOf(maxRate), kink: (size * kink) / WAD, size };
  }

  #netOf(held: bigint): bigint {
    return (held * WAD) / (WAD + this.terms.fee);
  }

  #worth(shares: bigint): bigint {
    return (shares * (this.assets + 1n)) / (this.shares + 1000n);
  }

  /** The pool's book pays; the ledger would refuse what it does not hold. */
  #take(amount: bigint): void {
    demand(amount <= this.book, "LedgerInsufficientBook");
    this.book -= amount;
  }

  #requestOf(requestId: bigint): CappedExit {
    const request = this.queue.requests.get(requestId);
    demand(request !== undefined, "UnderwritingUnknownRequest");
    return request;
  }

  #riskOf(r: number): ModelRisk {
    const risk = this.risks[r];
    demand(risk !== undefined, "CoverUnknownRisk");
    return risk;
  }

  #inState(r: number, wanted: RiskState): ModelRisk {
    const risk = this.#riskOf(r);
    demand(risk.state === wanted, "CoverWrongState");
    return risk;
  }

  #onSale(r: number): ModelRisk {
    const risk = this.#inState(r, "open");
    demand(this.now < risk.cutoff, "CoverCutoffPassed");
    return risk;
  }
}

/** From when on a risk without a report can be void: all its premiums are earned then. */
export function voidFrom({ end, fallbackBy }: Pick<InsuranceRisk, "end" | "fallbackBy">): bigint {
  return max(fallbackBy, flowEnd(end));
}

function add(map: Map<string, bigint>, key: string, amount: bigint): void {
  map.set(key, (map.get(key) ?? 0n) + amount);
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
