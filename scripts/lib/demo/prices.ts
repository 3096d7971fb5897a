import { readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../paths.js";

/** Daily S&P 500 prices since 2000, in the `vega-datasets` package. */
export const PRICE_FILE = "vega-datasets/data/sp500-2000.csv";

/** A trading day's closing price, in micro-dollars (1e-6) for one unit of the index. */
export type Day = { date: string; close: bigint };

/** The days of a file with the columns `date` and `close`, the first `count` of them, all unless given. */
export function parsePrices(text: string, count?: number): Day[] {
  const [head, ...lines] = text.trim().split("\n");
  const columns = (head ?? "").split(",");
  const [dateAt, closeAt] = [columns.indexOf("date"), columns.indexOf("close")];
  return lines.slice(0, count).map((line) => {
    const cells = line.split(",");
    const [whole = "", fraction = ""] = (cells[closeAt] ?? "").split(".");
    return { date: cells[dateAt] ?? "", close: BigInt(whole + fraction.padEnd(6, "0").slice(0, 6)) };
  });
}

/** The first `count` days, all of them unless given. */
export function readPrices(count?: number): Day[] {
  // The package exports its code only.
  return parsePrices(readFileSync(path.join(ROOT, "node_modules", PRICE_FILE), "utf8"), count);
}
