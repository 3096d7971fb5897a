import { page, table } from "../../scripts/lib/markdown.js";
import { DOLLAR } from "../../scripts/lib/demo/market.js";
import { TERMS, type ReplayReport } from "./replay.js";

/** Micro-dollars as whole dollars. */
export function dollars(amount: bigint): string {
  return ((amount + DOLLAR / 2n) / DOLLAR).toLocaleString("en-US");
}

const percent = (part: bigint, whole: bigint): string => `${((Number(part) * 100) / Number(whole)).toFixed(1)} %`;
const perPolicy = (gas: bigint, count: number): string =>
  count === 0 ? "–" : (gas / BigInt(count)).toLocaleString("en-US");

function summary(reports: readonly ReplayReport[]): string {
  const rows: [string, (report: ReplayReport) => string][] = [
    ["risks", ({ risks }) => risks.toLocaleString("en-US")],
    ["policies", ({ policies }) => policies.toLocaleString("en-US")],
    ["cover sold", ({ coverSold }) => dollars(coverSold)],
    ["underwriters' capital at the beginning", ({ capital }) => dollars(capital)],
    [
      "most of the capital locked at the end of a day",
      ({ days }) =>
        percent(
          days.reduce((most, { locked }) => (locked > most ? locked : most), 0n),
          TERMS.capital,
        ),
    ],
    ["paid by holders", ({ paid }) => dollars(paid)],
    ["fees in it", ({ fees }) => dollars(fees)],
    ["premiums in it", ({ premiums }) => dollars(premiums)],
    ["risks that paid, by the record and on chain", ({ paidRisks }) => paidRisks.toLocaleString("en-US")],
    ["payouts", ({ payouts }) => dollars(payouts)],
    ["loss ratio, payouts to premiums", ({ payouts, premiums }) => percent(payouts, premiums)],
    ["underwriters took out", ({ withdrawn }) => dollars(withdrawn)],
    ["gas of a purchase, mean", ({ gas, policies }) => perPolicy(gas.buy, policies)],
    ["gas to open a risk, mean", ({ gas, risks }) => perPolicy(gas.open, risks)],
    ["gas to report and settle a risk, mean", ({ gas, risks }) => perPolicy(gas.settle, risks)],
    [
      "sums compared, differences",
      ({ checks }) => `${checks.length}, ${checks.filter((each) => each.actual !== each.wanted).length}`,
    ],
  ];
  return table(
    ["", ...reports.map(({ title }) => title)],
    rows.map(([name, value]) => [name, ...reports.map(value)]),
    1,
  );
}

/** Every so many days of a replay. */
function daysTable({ days }: ReplayReport): string {
  const step = Math.max(1, Math.ceil(days.length / 12));
  const shown = days.filter((_, index) => index % step === 0 || index === days.length - 1);
  const head = ["day", "capital", "locked", "policies", "premiums", "not earned", "payouts", "loss ratio", "settled"];
  const rows = shown.map((day) => [
    ...[day.date, dollars(day.capital), dollars(day.locked), day.policies.toLocaleString("en-US")],
    ...[dollars(day.premiums), dollars(day.unearned), dollars(day.payouts)],
    day.premiums === 0n ? "–" : percent(day.payouts, day.premiums),
    day.settled.toLocaleString("en-US"),
  ]);
  return table(head, rows, 1);
}

/** docs/insurance-replay.md. */
export function replayDocument(reports: readonly ReplayReport[]): string {
  const { underwriters, holders, policies, cover, fee, reporters, threshold, rates, cooldown } = TERMS;
  return page(
    "# Cover on real flights and earthquakes",
    `Written by \`npm run bench:cover\`; do not edit. Amounts are US dollars. Each record is a risk of its own: its cover is sold by a
pool of underwriters, its outcome is what the record says, signed by reporters, and every holder is paid by it. The same seed gives
the same policies.`,
    "![Capital, premiums and payouts](insurance-replay.svg)",
    summary(reports),
    "## What is replayed",
    [
      ...reports.map(({ title, source, trigger }) => `* **${title}**: ${source}. A risk pays ${trigger}.`),
      `* **Price**: the base rate of a risk is the mean payout of its group in the records themselves (flights of one hour of the day,`,
      "  one cell of the map), drawn towards the mean of all where records are few. On top is a yearly rate of",
      `  ${Number(rates.min / 10n ** 16n)} % to ${Number(rates.max / 10n ** 16n)} % by what the pool has locked, and a fee of ${Number(fee / 10n ** 16n)} % for the product.`,
      `* **Holders**: ${holders}. Each risk has ${policies.low} to ${policies.high} policies of ${cover.low} to ${cover.high} dollars, bought two days before.`,
      `* **Underwriters**: ${underwriters}, who stay until the end, ask to leave, wait ${Number(cooldown / 86_400n)} days, and take all out.`,
      `* **Outcomes**: ${threshold} of ${reporters} bonded reporters sign what the record says, others for each risk; anybody brings it, which settles the`,
      "  risk in one transaction whatever the number of its holders.",
    ].join("\n"),
    "Who prices by the records that he then insures cannot be surprised: the loss ratio says that the money adds up, not that the product would earn.",
    "## What is compared",
    `For each risk: the cover sold with what holders wanted, its cost with the base rate, its payouts with what the record says, to the unit, so that
no payout is missing and none is made where the record says none. In the end, to the unit: holders' dollars are what they had, less what
they paid, and payouts; fees and premiums are what was paid; underwriters' dollars are the capital, and premiums, less payouts, but for
what rounding leaves in the pool, below a unit for each; nothing is locked. A difference ends the run with an error.`,
    ...reports.flatMap((report) => [`## ${report.title}: over time`, daysTable(report)]),
    "*Premiums* and *payouts* are sums since the beginning, *not earned* is the part of premiums that still flows.",
  );
}
