import { keccak256, zeroPadValue } from "ethers";
import { FailureError } from "../failure.js";

/** Runs of the first round of invariants and of the longest ones: what is found at once is told at once. */
const FIRST_RUNS = 4;
const MOST_RUNS = 32;
/** Fuzz tests get one input for as many calls of a round. */
const CALLS_PER_INPUT = 128;
/** Operations of settlement's batches get this part of the calls. */
const CALLS_PER_BATCH = 5_000;
const CALLS_PER_FLIP = 500;
/** Each strategy on each kind of pool gets one sequence for as many calls. */
const CALLS_PER_SEQUENCE = 10_000;
/** Operations on lending, as many on staking, and sequences of some on it and on Morpho. */
const CALLS_PER_LENDING = 100;
const CALLS_PER_MORPHO = 500;

export type Round = {
  seed: string;
  /** Runs of each invariant, each of `depth` calls. */
  runs: number;
  depth: number;
  /** Inputs of each fuzz test, a multiple of 8. */
  inputs: number;
};

export type Amount = {
  /** Calls of the handlers that are still to be made. */
  calls: number;
  invariants: number;
  depth: number;
};

/** The round with this number, 0 for the first: each twice the one before, none longer than what is left. */
export function planRound(number: number, seed: string, { calls, invariants, depth }: Amount): Round {
  const left = Math.max(1, Math.ceil(calls / (Math.max(invariants, 1) * depth)));
  const runs = Math.min(FIRST_RUNS * 2 ** Math.min(number, 20), MOST_RUNS, left);
  const inputs = Math.max(64, Math.ceil((Math.max(invariants, 1) * runs * depth) / CALLS_PER_INPUT / 8) * 8);
  return { seed, runs, depth, inputs };
}

export type SettlementAmount = {
  batches: number;
  flips: number;
  operations: number;
  lending: number;
  staking: number;
  morpho: number;
  sequences: number;
};

/** How much of the settlement belongs to so many calls; never less than `npm test` runs, where its tests demand variety. */
export function settlementAmount(calls: number): SettlementAmount {
  const share = (part: number, least: number): number => Math.max(least, Math.round(calls / part));
  return {
    batches: share(CALLS_PER_BATCH, 12),
    flips: share(CALLS_PER_FLIP, 500),
    operations: share(CALLS_PER_BATCH / 250, 200),
    lending: share(CALLS_PER_LENDING, 300),
    staking: share(CALLS_PER_LENDING, 300),
    morpho: share(CALLS_PER_MORPHO, 20),
    sequences: share(CALLS_PER_SEQUENCE, 10),
  };
}

/** The seed of the next round; so the seed of any round begins a series with it. */
export function nextSeed(seed: string): string {
  return keccak256(zeroPadValue(seed.length % 2 === 0 ? seed : `0x0${seed.slice(2)}`, 32));
}

/** The 64 bits of a seed that the TypeScript tests take, in digits. */
export function smallSeed(seed: string): string {
  return (BigInt(seed) & ((1n << 64n) - 1n)).toString();
}

export function checkSeed(text: string): string {
  if (/^0x[0-9a-fA-F]{1,64}$/.test(text)) return text.toLowerCase();
  throw new FailureError("BAD_SEED", `A seed has 1 to 64 hexadecimal digits after 0x, not ${JSON.stringify(text)}.`);
}
