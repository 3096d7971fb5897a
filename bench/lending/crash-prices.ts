import { readFileSync } from "node:fs";
import path from "node:path";
import { parsePrices, type Day } from "../../scripts/lib/demo/prices.js";
import { ROOT } from "../../scripts/lib/paths.js";

/** The years of the two falls; each begins before its fall and ends after it. */
export const CRASH_YEARS = [2008, 2020] as const;
export type CrashYear = (typeof CRASH_YEARS)[number];

/** Where the prices of a year are, in the repository. */
export const crashFile = (year: CrashYear): string => `bench/lending/data/sp500-${year}.csv`;

/** The S&P 500's close on every trading day of a year, in micro-dollars for one unit of the index. */
export const readCrash = (year: CrashYear): Day[] =>
  parsePrices(readFileSync(path.join(ROOT, crashFile(year)), "utf8"));
