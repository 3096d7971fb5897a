import {
  accrueFlow,
  addToFlow,
  ceilDiv,
  coverForBudget,
  EMPTY_FLOW,
  type CoverCurve,
  type PremiumFlow,
} from "../../src/models/insurance-math.js";
import { COVER_TERMS } from "./lakh-insurance.js";

const WAD = 10n ** 18n;
const YEAR = 365n * 86_400n;
/** Shares that are thought to be there besides, with a unit of assets. */
const VIRTUAL_SHARES = 1_000n;

/** A risk that is sold in sections alone, with what its holders are owed. */
export type SectionRisk = { end: bigint; cover: bigint; held: bigint; owed: bigint };

/**
 * A pool with one deposit that all stays, and the sale of its cover in sections, in integers: within a section each purchase gets as
 * much cover as its cost buys where the one before it ended, and the pool is told of all of them at once.
 */
export class InsuranceSectionsModel {
  readonly #shares: bigint;
  #flow: PremiumFlow = EMPTY_FLOW;
  #now: bigint;
  assets: bigint;
  locked = 0n;

  constructor({ deposit, time }: { deposit: bigint; time: bigint }) {
    [this.assets, this.#shares, this.#now] = [deposit, deposit * VIRTUAL_SHARES, time];
  }

  pass(time: bigint): void {
    const { flow, earned } = accrueFlow(this.#flow, this.#now, time);
    [this.#flow, this.#now, this.assets] = [flow, time, this.assets + earned];
  }

  /** The cover of each of so many purchases. */
  buyAll(risk: SectionRisk, { cost, count }: { cost: bigint; count: number }): bigint[] {
    const curve = this.#curveOf(risk);
    const before = this.#netOf(risk.held);
    const covers: bigint[] = [];
    for (let i = 0; i < count; i += 1) {
      const cover = coverForBudget(curve, this.locked, cost);
      covers.push(cover);
      [this.locked, risk.cover, risk.held] = [this.locked + cover, risk.cover + cover, risk.held + cost];
    }
    const premium = this.#netOf(risk.held) - before;
    const { flow, earned } = addToFlow(this.#flow, { premium, time: this.#now, end: risk.end });
    [this.#flow, this.assets] = [flow, this.assets + earned];
    return covers;
  }

  /** All of it is lost, which is more than was paid. */
  lose(risk: SectionRisk): void {
    risk.owed = risk.cover;
    this.assets -= risk.owed;
    this.locked -= risk.cover;
  }

  settle(risk: SectionRisk): void {
    risk.held = risk.owed;
  }

  /** What each of so many redemptions of `units` is paid, rounded down. */
  redeemAll(risk: SectionRisk, { units, count }: { units: bigint; count: number }): bigint[] {
    return Array.from({ length: count }, () => {
      const paid = (risk.held * units) / risk.cover;
      [risk.held, risk.cover] = [risk.held - paid, risk.cover - units];
      return paid;
    });
  }

  #curveOf({ end }: SectionRisk): CoverCurve {
    const { rates, fee, baseRate, capacity } = COVER_TERMS;
    const worth = (this.#shares * (this.assets + 1n)) / (this.#shares + VIRTUAL_SHARES);
    const size = (worth * capacity) / WAD;
    const rateOf = (yearly: bigint): bigint =>
      ceilDiv((baseRate + ceilDiv(yearly * (end - this.#now), YEAR)) * (WAD + fee), WAD);
    const [low, mid, high] = [rateOf(rates.min), rateOf(rates.kink), rateOf(rates.max)];
    return { low, mid, high, kink: (size * rates.kinkAt) / WAD, size };
  }

  #netOf(held: bigint): bigint {
    return (held * WAD) / (WAD + COVER_TERMS.fee);
  }
}
