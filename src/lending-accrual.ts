import { nextCurveRates } from "./adaptive-curve.js";
import { addInterest, MAX_BORROW_RATE, supplyAssetsOf, type LendingMarket } from "./lending-math.js";
import { ceilingOf } from "./lending-units.js";

/** A market with its rate model's own number: the rate at the target, or the last answer; WAD per second. */
export type RatedMarket = LendingMarket & { rate: bigint };

/** How a market's rate is found; an external model answers, or fails with undefined. */
export type RateModel =
  | { kind: "none" }
  | { kind: "adaptive" }
  | {
      kind: "external";
      /** The rate, WAD per second; undefined where the contract fails. */
      answer: (supplyAssets: bigint, borrowAssets: bigint) => bigint | undefined;
    };

/** The mean borrow rate of the last `elapsed` seconds, and the market with its rate moved on: a twin of `LendingRates.next`. */
export function nextRate<Market extends RatedMarket>(
  market: Market,
  model: RateModel,
  elapsed: bigint,
): { market: Market; borrowRate: bigint } {
  const [supplyAssets, { borrowAssets }] = [supplyAssetsOf(market), market];
  if (model.kind === "none") return { market, borrowRate: 0n };
  if (model.kind === "adaptive") {
    const { borrowRate, rate } = nextCurveRates({ rate: market.rate, supplyAssets, borrowAssets, elapsed });
    return { market: { ...market, rate }, borrowRate };
  }
  // A model that fails leaves the market at the last rate it answered.
  const rate = ceilingOf(model.answer(supplyAssets, borrowAssets) ?? market.rate, MAX_BORROW_RATE);
  return { market: { ...market, rate }, borrowRate: rate };
}

/** The market with the interest of `elapsed` seconds, as the next action finds it; `fee` is WAD. */
export function accrueMarket<Market extends RatedMarket>(
  market: Market,
  { model, fee, elapsed }: { model: RateModel; fee: bigint; elapsed: bigint },
): { market: Market; borrowRate: bigint; interest: bigint; feeShares: bigint } {
  const { market: moved, borrowRate } = nextRate(market, model, elapsed);
  return { borrowRate, ...addInterest(moved, { borrowRate, fee, elapsed }) };
}
