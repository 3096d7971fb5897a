import { page, table } from "../../scripts/lib/markdown.js";
import { DOLLAR, INDEX_UNIT } from "../../scripts/lib/demo/market.js";
import { TERMS, type ReplayDay, type ReplayReport } from "./replay.js";

/** Days of the table of the worst: those with the most repaid. */
const WORST = 10;

/** Micro-dollars as whole dollars. */
export function dollars(amount: bigint): string {
  return ((amount + DOLLAR / 2n) / DOLLAR).toLocaleString("en-US");
}

const index = (units: bigint): string => (Number((units * 100n) / INDEX_UNIT) / 100).toLocaleString("en-US");
const percent = (part: bigint, whole: bigint): string => `${((Number(part) * 100) / Number(whole)).toFixed(3)} %`;
const close = (price: bigint): string => (Number(price) / Number(DOLLAR)).toFixed(2);

function worstOf(days: readonly ReplayDay[]): ReplayDay[] {
  const worst = [...days].sort((a, b) => (a.repaid < b.repaid ? 1 : -1)).slice(0, WORST);
  return worst.filter(({ liquidations }) => liquidations > 0).sort((a, b) => (a.date < b.date ? -1 : 1));
}

function summary(reports: readonly ReplayReport[]): string {
  const lowest = ({ days }: ReplayReport): ReplayDay | undefined =>
    days.reduce<ReplayDay | undefined>(
      (low, day) => (low === undefined || day.close < low.close ? day : low),
      undefined,
    );
  const rows: [string, (report: ReplayReport) => string][] = [
    ["trading days", ({ days }) => String(days.length)],
    [
      "first close, lowest close",
      (report) => `${close(report.days[0]?.close ?? 0n)}, ${close(lowest(report)?.close ?? 0n)}`,
    ],
    ["borrowers", ({ borrowers }) => String(borrowers)],
    ["supplied", ({ supplied }) => dollars(supplied)],
    ["borrowed on the first day", ({ borrowed }) => dollars(borrowed)],
    ["liquidations", ({ liquidations }) => String(liquidations)],
    ["accounts liquidated", ({ liquidatedAccounts }) => String(liquidatedAccounts)],
    ["repaid by liquidators", ({ repaid }) => dollars(repaid)],
    ["collateral seized, units of the index", ({ seized }) => index(seized)],
    ["the keeper's profit, before gas", ({ profit }) => dollars(profit)],
    [
      "gas of a liquidation, mean",
      ({ gas, liquidations }) => (liquidations === 0 ? "–" : (gas / BigInt(liquidations)).toLocaleString("en-US")),
    ],
    ["bad debt", ({ badDebt }) => dollars(badDebt)],
    ["bad debt, of what was supplied", ({ badDebt, supplied }) => percent(badDebt, supplied)],
    ["interest", ({ interest }) => dollars(interest)],
    ["suppliers took out", ({ withdrawn }) => dollars(withdrawn)],
    [
      "days that end with a debt above its collateral's worth",
      ({ days }) => String(days.filter(({ shortfall }) => shortfall > 0n).length),
    ],
    ["days that end insolvent", ({ days }) => String(days.filter(({ isSolvent }) => !isSolvent).length)],
    [
      "sums compared, differences",
      ({ checks }) => `${checks.length}, ${checks.filter((c) => c.actual !== c.wanted).length}`,
    ],
  ];
  return table(
    ["", ...reports.map(({ from, to }) => `${from} to ${to}`)],
    rows.map(([name, value]) => [name, ...reports.map(value)]),
    1,
  );
}

function daysTable(report: ReplayReport): string {
  const head = [
    "day",
    "close",
    "liquidations",
    "repaid",
    "seized",
    "profit",
    "bad debt",
    "supply",
    "debt",
    "turns",
    "left",
  ];
  const rows = worstOf(report.days).map((day) => [
    ...[day.date, close(day.close), String(day.liquidations), dollars(day.repaid), index(day.seized)],
    ...[dollars(day.profit), dollars(day.badDebt), dollars(day.supplyAssets), dollars(day.borrowAssets)],
    ...[String(day.rounds), String(day.unhealthy)],
  ]);
  return table(head, rows, 1);
}

/** docs/lending-crash.md. */
export function crashDocument(reports: readonly ReplayReport[]): string {
  const { lltv, closeOutDebt, collateral, ltv, utilization, depth, poolFee, rounds } = TERMS;
  return page(
    "# A lending market in two crashes",
    `Written by \`npm run bench:crash\`; do not edit. Amounts are US dollars. The S&P 500's daily closes of 2008 and 2020 are the
price of a market's collateral on a local L2 with the production bytecode; the keeper of \`npm run keeper\` liquidates, with
flash loans only. The same seed gives the same actors and prices; the seconds between the keeper's blocks are the machine's,
so interest, and what follows from it, may differ by a little.`,
    "![The index, the debt and the liquidations](lending-crash.svg)",
    summary(reports),
    "## What is replayed",
    [
      `* **Market**: dollars against the index, LLTV ${Number(lltv / 10n ** 14n) / 100} %, adaptive rate, a debt is liquidated only as far as makes it healthy, and whole where no more than ${dollars(closeOutDebt)} would be left.`,
      `  The price is a Chainlink feed's through \`ChainlinkOracle\`, set at each close.`,
      `* **Borrowers**: collateral of ${collateral.low.toLocaleString("en-US")} to ${collateral.high.toLocaleString("en-US")} and a debt of ${Number(ltv.low) / 100} % to ${Number(ltv.high) / 100} % of it, drawn by the seed. They borrow at the first close and`,
      "  never come back until the end: nobody repays or adds collateral in time, which is the worst case.",
      `* **Suppliers**: three; ${Number(utilization) / 100} % of what they supply is lent on the first day.`,
      `* **Pool**: one plain pool at ${Number(poolFee) / 10_000} % with ${Number(depth) / 10_000} dollar on each side for each dollar of debt. It is the only place to sell collateral.`,
      `* **A day**: the feed is set; an arbitrageur with enough money trades the pool until the next unit no longer pays at the`,
      "  close, so that the pool stays within its fee of it; the keeper passes over all positions, and for each takes the amount that",
      `  earns the most. Then both take turns until the keeper has nothing to do, at most ${rounds} times. What it then leaves would`,
      "  earn less than a dollar in the pool as it stands, or waits for the next close; the arbitrageur does not act within a turn.",
      "* **The end**: everybody repays, takes the collateral out, and suppliers redeem all shares.",
    ].join("\n"),
    "Not in it: moves within a day, gas in the keeper's decision (no pool leads from ether to dollars), other liquidators, borrowers who defend themselves.",
    "## What is compared",
    `Every day: the debt shares of all accounts with the market's, the collateral of all accounts with its book, idle and lent dollars with
what suppliers own; a market is solvent when idle dollars and collateral at the close are worth what suppliers own. In the
end, to the unit: what suppliers took out and left is what they supplied, and interest, less bad debt; what was repaid and
written off is what was borrowed, and interest; seized and returned collateral is what was put in; the keeper's wallet is the sum
of its profits; the ledger's tokens are the sum of all balances and books; tokens in wallets and in the ledger are what
was minted. A difference ends the run with an error.`,
    ...reports.flatMap((report) => [
      `## ${report.from.slice(0, 4)}: the days with the most repaid`,
      daysTable(report),
      "*Turns* of keeper and arbitrageur; *left*: unhealthy positions that the keeper refused in the last turn.",
      refusals(report),
    ]),
  );
}

function refusals({ refusals: found }: ReplayReport): string {
  const names = Object.entries(found).map(([name, count]) => `${name} ${count.toLocaleString("en-US")}`);
  return names.length === 0 ? "Nothing was refused." : `Refusals of all turns, by reason: ${names.join(", ")}.`;
}
