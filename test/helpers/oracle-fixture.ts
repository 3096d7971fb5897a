import { ZeroAddress } from "ethers";
import type { MockAggregator } from "../../typechain-types/index.js";
import { ethers } from "./ledger-fixture.js";

export const HOUR = 3600n;
export const DAY = 24n * HOUR;
export const YEAR = 365n * DAY;
/** A price of 1 between assets of the same decimals. */
export const ONE = 10n ** 36n;

/** What an oracle is deployed with of a feed. */
export type FeedTerms = { source: string; maxAge: bigint };
/** What a feed answers. */
export type Answer = { answer: bigint; decimals: bigint };
/** An oracle's composition as numbers. */
export type Composition = { base: readonly Answer[]; quote: readonly Answer[]; collateral: bigint; loan: bigint };

/** No feed. */
export const ABSENT: FeedTerms = { source: ZeroAddress, maxAge: 0n };

export async function deployFeed({ answer, decimals }: Answer): Promise<MockAggregator> {
  return ethers.deployContract("MockAggregator", [decimals, answer]);
}

/** The terms of up to three feeds of the collateral. */
export async function baseOf(feeds: readonly MockAggregator[]): Promise<[FeedTerms, FeedTerms, FeedTerms]> {
  const [first = ABSENT, second = ABSENT, third = ABSENT] = await Promise.all(feeds.map(termsOf));
  return [first, second, third];
}

/** The terms of up to two feeds of the loan asset. */
export async function quoteOf(feeds: readonly MockAggregator[]): Promise<[FeedTerms, FeedTerms]> {
  const [first = ABSENT, second = ABSENT] = await Promise.all(feeds.map(termsOf));
  return [first, second];
}

async function termsOf(feed: MockAggregator): Promise<FeedTerms> {
  return { source: await feed.getAddress(), maxAge: HOUR };
}

/** Loan units per collateral unit · 1e36, rounded down, by one fraction of integers. */
export function priceOf({ base, quote, collateral, loan }: Composition): bigint {
  let [numerator, denominator] = [10n ** (36n + loan), 10n ** collateral];
  for (const { answer, decimals } of base) {
    numerator *= answer;
    denominator *= 10n ** decimals;
  }
  for (const { answer, decimals } of quote) {
    numerator *= 10n ** decimals;
    denominator *= answer;
  }
  return numerator / denominator;
}
