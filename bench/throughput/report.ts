import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { writeJson } from "../../scripts/lib/output.js";
import { ROOT } from "../../scripts/lib/paths.js";
import type { ThroughputFigure, ThroughputReport, ThroughputRung } from "../schema.js";
import { WARM_UP_BATCHES } from "./relayer.js";

const DOCUMENT = path.join(ROOT, "docs/throughput.md");
const SNAPSHOT = path.join(ROOT, "bench/snapshots/throughput.json");
/** A figure may be worse than its snapshot by this share. */
const TOLERANCE = 0.01;

/** The lowest good result of what is measured, or the highest. */
export type Verdict = { name: string; value: number; unit: string; bar: number; stretch?: number; passes: boolean };

/** Limits of the rungs, by their names: what an operation may cost. */
const RUNG_BARS: Readonly<Record<string, { gas?: number; bytes?: number }>> = {
  "co-signed-1": { bytes: 12 },
  "co-signed-4": { gas: 7_000, bytes: 8 },
  "co-signed-16": { gas: 5_000 },
  "swaps-16": { gas: 2_000 },
  mixed: { gas: 14_000, bytes: 12 },
};
const NODE_RATIO = { bar: 0.45, stretch: 0.3 };
const RELAYER_MICROS = 8;
const P99_MILLIS = 2_500;
const BLOCK_MILLIS = 1_000;

/** What is asked of a rung, and what it did. */
export function verdictsOf(rung: ThroughputRung): Verdict[] {
  const verdicts: Verdict[] = [];
  const atMost = (name: string, value: number, unit: string, bar: number, stretch?: number): void => {
    verdicts.push({ name, value, unit, bar, ...(stretch === undefined ? {} : { stretch }), passes: value <= bar });
  };
  const bars = RUNG_BARS[rung.name];
  if (bars !== undefined) {
    const ratio = (micros: number): number => Number((micros / rung.ecrecoverMicros).toFixed(3));
    const { bar, stretch } = NODE_RATIO;
    atMost(
      "node CPU of an operation, without empty blocks",
      ratio(rung.executionCpuMicrosPerOp),
      "× ecrecover",
      bar,
      stretch,
    );
    atMost("node CPU of an operation, with them", ratio(rung.nodeCpuMicrosPerOp), "× ecrecover", bar, stretch);
    if (bars.gas !== undefined) atMost("gas of an operation", rung.gasPerOp, "gas", bars.gas);
    if (bars.bytes !== undefined) atMost("calldata of an operation", rung.bytesPerOp, "bytes", bars.bytes);
    if (rung.relayerCpuMicrosPerOp !== null) {
      atMost("relayer CPU of an operation", rung.relayerCpuMicrosPerOp, "µs", RELAYER_MICROS);
    }
  }
  atMost("99 % of operations mined within", rung.p99Millis, "ms", P99_MILLIS);
  atMost("mean time to build a block", rung.blockMillis, "ms", BLOCK_MILLIS);
  atMost("operations that failed", rung.failed, "", 0);
  atMost("words that differ from the model", rung.accountWordsDiffering, "", 0);
  return verdicts;
}

/** Whether a figure keeps its limit; a number of signers is a least. */
export function passes({ unit, value, bar }: ThroughputFigure): boolean {
  return bar === null || (unit === "signers" ? value >= bar : value <= bar);
}

const number = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 3 });
const percent = (share: number | null): string => (share === null ? "" : `${(share * 100).toFixed(1)} %`);
const optional = (value: number | null): string => (value === null ? "" : number(value));

const RUNG_HEADINGS = [
  "load",
  "ops",
  "failed",
  "ops/s",
  "node µs/op",
  "without empty blocks",
  "ecrecover µs",
  "ratio",
  "relayer µs/op",
  "gas/op",
  "bytes/op",
  "signers",
  "block ms",
  "empty block ms",
  "p50 ms",
  "p99 ms",
  "fresh words",
  "others' CPU",
  "words compared",
  "differ",
] as const;

function rungCells(rung: ThroughputRung): string[] {
  return [
    rung.title,
    number(rung.ops),
    number(rung.failed),
    number(rung.opsPerSecond),
    number(rung.nodeCpuMicrosPerOp),
    number(rung.executionCpuMicrosPerOp),
    number(rung.ecrecoverMicros),
    (rung.executionCpuMicrosPerOp / rung.ecrecoverMicros).toFixed(2),
    optional(rung.relayerCpuMicrosPerOp),
    number(rung.gasPerOp),
    number(rung.bytesPerOp),
    number(rung.distinctSigners),
    number(Math.round(rung.blockMillis)),
    number(Math.round(rung.blockOverheadMillis)),
    number(rung.p50Millis),
    number(rung.p99Millis),
    percent(rung.freshWordShare),
    percent(rung.machineShareOfOthers),
    number(rung.accountWordsCompared),
    number(rung.accountWordsDiffering),
  ];
}

function verdictCells({ name, value, unit, bar, stretch, passes: isPassed }: Verdict): string[] {
  const limit = stretch === undefined ? number(bar) : `${number(bar)} (stretch ${number(stretch)})`;
  return [name, `${number(value)} ${unit}`.trim(), limit, isPassed ? "pass" : "MISS"];
}

function figureCells(figure: ThroughputFigure): string[] {
  const { name, unit, value, bar } = figure;
  return [
    name,
    `${number(value)} ${unit === "ratio" ? "" : unit}`.trim(),
    optional(bar),
    bar === null ? "" : passes(figure) ? "pass" : "MISS",
  ];
}

const FIGURE_HEADINGS = ["figure", "value", "bar", ""] as const;

/** For a terminal. */
export function formatThroughput({ rungs, figures, sample }: ThroughputReport): string {
  const parts: string[] = [];
  if (figures.length > 0) parts.push(columns([FIGURE_HEADINGS, ...figures.map(figureCells)]));
  for (const rung of rungs) {
    const cells = rungCells(rung);
    const lines = RUNG_HEADINGS.slice(1).map((heading, index) => [heading, cells[index + 1] ?? ""]);
    parts.push(
      `${rung.title}\n${columns(lines)}\n${columns([FIGURE_HEADINGS, ...verdictsOf(rung).map(verdictCells)])}`,
    );
  }
  parts.push(
    `A page of ${sample.rows} accounts registered for real (${number(sample.gasPerAccount)} gas each) is what the benchmark writes.`,
  );
  return parts.join("\n\n");
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const tableRow = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const rule = headings.map((_, column) => (column === 0 ? "---" : "---:"));
  return [tableRow(headings), tableRow(rule), ...rows.map(tableRow)];
}

/** The Markdown document. */
export function toThroughputMarkdown({ meta, sample, figures, rungs }: ThroughputReport): string {
  const verdicts = rungs.flatMap((rung) => verdictsOf(rung).map((verdict) => [rung.name, ...verdictCells(verdict)]));
  return `${[
    "# Throughput",
    "",
    "Written by `npm run bench:throughput`: do not edit. The load runs on real anvil processes, paced, with a block each second;",
    "every operation is covered by a signature of its own account, and counts only if it succeeded. After each load every",
    "account's words and every book are compared with a model in plain numbers.",
    "",
    `${meta.date}, ${meta.cpus} shared processors, ${meta.lanes} ${meta.lanes === 1 ? "lane" : "lanes (figures are their sum)"} of ` +
      `${number(meta.accounts)} accounts each, ${number(meta.seconds)} s at ${number(meta.rate)} operations a second, seed "${meta.seed ?? ""}", ` +
      `commit ${meta.commit}, solc ${meta.solc} (${meta.profile}), Node ${meta.node}.`,
    "",
    "How to read it:",
    "",
    "* **Node CPU** is processor time of the nodes, from the scheduler's own count. Waiting for a busy machine is not in it, but",
    "  neighbours that share caches and cores slow it down: the figure of record is the ratio to one `ecrecover`, timed on the same",
    "  node before and after. *Without empty blocks* leaves out what as many empty blocks cost on the same state: anvil computes the",
    "  whole state root anew for each.",
    "* **Relayer CPU** is what a relayer does for a batch whose signatures were made one by one: encode, hash the tree,",
    "  deserialise and sum the signatures, verify the sum once, seal, sign the transaction. It is measured while the load is",
    `  prepared, after the relayer's first ${WARM_UP_BATCHES} batches. Further batches of a long run are signed by the sum of the signers'`,
    "  secrets, which gives the same bytes.",
    "* **Others' CPU** is the share of the machine that other processes used meanwhile; wall-clock figures suffer from it.",
    "* Accounts are set up by writing pages of the directory and words of the ledger directly. " +
      `${sample.rows} accounts were registered for real (${number(sample.gasPerAccount)} gas each) and their page is the same, byte for byte.`,
    "* A transaction's gas limit is that of EIP-7825, 2^24, and batches are made to fit it.",
    "* Two stand-ins complete the mixed load: a vault whose operations write two words, and an asset with RULES whose issuer",
    "  reads one word for its answer.",
    "",
    "## Gas and bytes",
    "",
    "The same in every run.",
    "",
    ...table(FIGURE_HEADINGS, figures.map(figureCells)),
    "",
    "## Ladder",
    "",
    ...table(RUNG_HEADINGS, rungs.map(rungCells)),
    "",
    "## Bars",
    "",
    ...table(["load", ...FIGURE_HEADINGS], verdicts),
  ].join("\n")}\n`;
}

/** Writes docs/throughput.md. */
export async function writeDocument(report: ThroughputReport): Promise<void> {
  await writeFile(DOCUMENT, toThroughputMarkdown(report));
}

type Snapshot = Record<string, number>;

/** Writes the snapshot of a quick run's figures. */
export async function writeSnapshot({ figures }: ThroughputReport): Promise<void> {
  await writeJson(SNAPSHOT, Object.fromEntries(figures.map(({ name, value }) => [name, value])));
}

export async function readSnapshot(): Promise<Snapshot> {
  return JSON.parse(await readFile(SNAPSHOT, "utf8")) as Snapshot;
}

/** What is worse than its snapshot by more than 1 %, or has none. */
export function compareWithSnapshot({ figures }: ThroughputReport, snapshot: Snapshot): string[] {
  return figures.flatMap(({ name, unit, value }) => {
    const before = snapshot[name];
    if (before === undefined) return [`${name} has no snapshot`];
    const isWorse = unit === "signers" ? value < before : value > before * (1 + TOLERANCE);
    return isWorse ? [`${name}: ${number(before)} became ${number(value)}`] : [];
  });
}
