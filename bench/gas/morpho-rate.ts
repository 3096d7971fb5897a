import path from "node:path";
import { pathToFileURL } from "node:url";
import { installFolder } from "../../scripts/lib/install.js";
import { ROOT } from "../../scripts/lib/paths.js";

/** Per second, WAD. */
export type AdaptiveRates = {
  /** What the period costs. */
  avgBorrowRate: bigint;
  endBorrowRate: bigint;
  /** What the model keeps. */
  endRateAtTarget: bigint;
};

/** Morpho's adaptive curve at a utilisation, after so many seconds from the rate at target that it kept; 0 at first. */
export type AdaptiveCurve = (utilization: bigint, rateAtTarget: bigint, seconds: bigint) => AdaptiveRates;

type Sdk = { AdaptiveCurveIrmLib: { getBorrowRate: AdaptiveCurve } };

/** From Morpho's own SDK of bench/peers, in integers: no package has the contract. */
export async function loadAdaptiveCurve(): Promise<AdaptiveCurve> {
  await installFolder("bench/peers");
  // The SDK's entry needs a package that it does not name.
  const file = path.join(ROOT, "bench/peers/node_modules/@morpho-org/blue-sdk/lib/esm/math/AdaptiveCurveIrmLib.js");
  const { AdaptiveCurveIrmLib } = (await import(pathToFileURL(file).href)) as Sdk;
  return (utilization, rateAtTarget, seconds) => AdaptiveCurveIrmLib.getBorrowRate(utilization, rateAtTarget, seconds);
}
