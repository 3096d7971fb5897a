import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { FailureError } from "../../scripts/lib/failure.js";
import { writeJson } from "../../scripts/lib/output.js";
import { ROOT } from "../../scripts/lib/paths.js";
import type { GasReport, GasRow, Peer, PeersOnlyRow } from "../schema.js";
import { BARS } from "./floors.js";
import { PEER_PACKAGES } from "./packages.js";

const SNAPSHOTS = path.join(ROOT, "bench/snapshots");
const DOCUMENT = path.join(ROOT, "docs/gas.md");
/** A figure may be worse than its snapshot by this share. */
const TOLERANCE = 0.01;

type GasSnapshot = Record<string, number>;
type SizeSnapshot = Record<string, { runtimeBytes: number; initcodeHash: string }>;

/** A figure is worse than its snapshot, or a snapshot has no figure. */
export class SnapshotError extends FailureError {
  constructor(message: string) {
    super("WORSE_THAN_SNAPSHOT", message);
    this.name = "SnapshotError";
  }
}

/** The scenario's name in the snapshot. */
export function scenarioOf({ domain, action, path: route, state }: GasRow): string {
  return `${domain}: ${action}, ${route}, ${state}`;
}

/** The rows of peers beside which there is none of ours. */
export function withoutOurs(peersOnly: readonly PeersOnlyRow[], rows: readonly GasRow[]): PeersOnlyRow[] {
  const isSame = (row: GasRow, other: PeersOnlyRow): boolean =>
    (["domain", "action", "path", "state"] as const).every((key) => row[key] === other[key]);
  return peersOnly.filter((other) => !rows.some((row) => isSame(row, other)));
}

/** The peer with the lowest figure. */
export function bestPeer(peers: readonly Peer[]): Peer | undefined {
  return peers.reduce<Peer | undefined>(
    (best, peer) => (best === undefined || peer.gas < best.gas ? peer : best),
    undefined,
  );
}

const number = (value: number): string => value.toLocaleString("en-US");
const ratio = (gas: number, other: number | null | undefined): string =>
  other === null || other === undefined ? "" : (gas / other).toFixed(2);
const verdict = (value: number, bar: number | null): string =>
  bar === null ? "" : `${value <= bar ? "pass" : "FAIL"} (≤ ${number(bar)})`;

const GAS_HEADINGS = [
  "operation",
  "path",
  "state",
  "gas",
  "execution",
  "calldata",
  "L1 fee, gwei",
  "best peer",
  "gas of it",
  "ratio",
  "to floor",
  "bar",
] as const;

const bestCells = (peers: readonly Peer[]): [name: string, gas: string] => {
  const best = bestPeer(peers);
  return best === undefined ? ["", ""] : [`${best.name}${best.measured ? "" : " *"}`, number(best.gas)];
};

function gasCells(row: GasRow): string[] {
  const best = bestPeer(row.peers);
  return [
    row.action,
    row.path,
    row.state,
    number(row.gas),
    number(row.execGas),
    number(row.calldataBytes),
    (Number(row.l1FeeWei) / 1e9).toFixed(1),
    ...bestCells(row.peers),
    ratio(row.gas, best?.gas),
    ratio(row.gas, row.floor),
    verdict(row.gas, row.bar),
  ];
}

/** The same columns; ours are empty. */
function peersOnlyCells({ action, path: route, state, peers, bar }: PeersOnlyRow): string[] {
  const ours = ["", "", "", ""];
  return [action, route, state, ...ours, ...bestCells(peers), "", "", bar === null ? "" : `≤ ${number(bar)}`];
}

/** Columns for a terminal. */
export function formatReport({ rows, peersOnly, sizes }: GasReport): string {
  const cells: (readonly string[])[] = [GAS_HEADINGS, ...rows.map(gasCells), ...peersOnly.map(peersOnlyCells)];
  const widths = GAS_HEADINGS.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  const isText = (column: number): boolean => column < 3 || column === 7 || column === 11;
  const lines = cells.map((row) =>
    row
      .map((cell, column) => (isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
  const sizeLines = sizes.map(
    ({ name, runtimeBytes }) =>
      `${name.padEnd(14)}${number(runtimeBytes).padStart(8)} bytes  ${verdict(runtimeBytes, BARS.runtimeBytes)}`,
  );
  return [...lines, "", "* quoted: measured in an earlier run on the same EVM", "", ...sizeLines].join("\n");
}

const tableRow = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

const peerCells = ({ action, path: route, state }: PeersOnlyRow, peer: Peer, share: string): string[] => [
  `${action} (${route}, ${state})`,
  ...[peer.name, peer.version, number(peer.gas), share],
  peer.measured ? "measured" : "quoted",
];

/** The Markdown document. */
export function toMarkdown({ meta, l1, rows, peersOnly, sizes }: GasReport): string {
  const gwei = (wei: string): string => String(Number(wei) / 1e9);
  const peers = [
    ...rows.flatMap((row) => row.peers.map((peer) => peerCells(row, peer, ratio(row.gas, peer.gas)))),
    ...peersOnly.flatMap((row) => row.peers.map((peer) => peerCells(row, peer, ""))),
  ];
  return [
    "# Gas",
    "",
    "Written by `npm run bench:gas`; do not edit. Whole transactions as receipts state them, on the production build",
    `(solc ${meta.solc}, via-IR), hardfork ${meta.fork}. Every amount that an operation moved was compared with its formula.`,
    "",
    "* **steady**: every balance touched is above 0 before and after. **new**: the receiver's balance was 0.",
    "* **execution**: without the 21,000 and the calldata (4 gas for a zero byte, 16 for another), net of refunds.",
    "* **L1 fee**: of an OP chain, by its own gas price oracle (Fjord), at an L1 base fee of " +
      `${gwei(l1.baseFeeWei)} gwei and a blob base fee of ${gwei(l1.blobBaseFeeWei)} gwei, scalars ${l1.baseFeeScalar} and ${l1.blobBaseFeeScalar}.`,
    "* **ratio**: to the best peer; **to floor**: to the same state changes without any computing. Below 1 is cheaper.",
    "* Peers with * are quoted, measured on the same EVM on 2026-11-21: Uniswap v4's own router, whose package takes 84 MB " +
      "and which costs more than the minimal caller, the vaults, lending markets that no package brings (Compound III, " +
      "Euler, and Morpho Blue's adaptive rate model: npm has a mock), Aerodrome's gauge, tokens with rules but T-REX (CMTAT, " +
      "ERC-7943's reference, Centrifuge), and Nexus Mutual. All others ran beside ours, from npm bytecode or, Morpho Blue and " +
      "Aave v3, compiled from npm sources with their own settings; their packages and licences are below.",
    "* A **minimal caller** checks nothing and has no limit or deadline, which ours and the peers' own routers have: it shows",
    "  the least that the peer can cost. Every peer pool is one of all prices; v3 does not write its oracle but beside ours",
    "  with an oracle, v4 has none, and no position has earned since its last change. All of that is the cheapest case for them.",
    "* **oracle**: of a pool that keeps a history of its price. The first swap of a second writes the sum, the first of a minute",
    "  an entry of a ring of 64, here in the place of an older one; a later swap of the block writes neither. v2 writes its two sums",
    "  in the first swap of a block, in the other rows too; v3 an entry of a ring of 100 when the swap leaves its tick.",
    '* **lending**: half of what is lent is borrowed, limit 86 % of the collateral. Each operation but one "again in a block"',
    "  is the first of its block and accrues an hour's interest; Aave has no accruing on its own and no rewards here.",
    '* **staking**: one reward stream on a pool with two others in it. Each operation but one "again in a block" is the first of',
    "  its block, an hour after the one before it, and moves the stream; behind another's stake in its block it finds it moved.",
    "  Where the pool keeps an account's rewards, they are above 0 before, which is cheaper. Synthetix' StakingRewards is mainnet's",
    "  bytecode and Uniswap's copy of it; adding rewards is two transactions there, the transfer and the notice. MasterChef mints",
    "  what it pays, and pays with every change of a stake; its claim is a withdrawal of nothing. It and MiniChefV2 have no period:",
    "  an owner sets the rate.",
    "* **after a borrower**: the last operation before was a borrower's, and a lender's first one behind it costs more.",
    "* **rwa**: units of an asset whose income runs, of holders who may have them. T-REX has the least that verifies anybody: one claim",
    "  topic, one trusted issuer, a compliance without modules; it has no income. **idle**: no income of either holder moved since he",
    "  moved units last, as on a day on which both did before; **income moved**: both have a day's",
    "  income, and somebody else was the first of the day. In a section each sends to another account, or, **among each other**, to the",
    "  next of the same. Units never leave the ledger; their ERC-20 moves them there. A payment in an offering with a soft cap is settled",
    "  before its buyer claims, or with his claim.",
    "* **insurance**: each risk has an event of its own, all of it is lost, and the oracle answers at once. Nexus' cover is an NFT on",
    "  the capital of several pools; what stands beside a redemption is its claim, a vote and the payout, three transactions that",
    "  people decide on. A policy's whole life is a first purchase and a redemption in sections, and its part of report and settlement.",
    "* **batch**: one operation of each of 400 accounts (or as many as the row says) in a section, what the ledger and the protocol take for each of them,",
    "  without authorisation and calldata. **idle**: no stream moved since the account was touched last; rewards are counted by the hour.",
    "",
    tableRow(GAS_HEADINGS),
    tableRow(GAS_HEADINGS.map((_, column) => (column < 3 || column === 7 || column === 11 ? "---" : "---:"))),
    ...rows.map((row) => tableRow(gasCells(row))),
    ...peersOnly.map((row) => tableRow(peersOnlyCells(row))),
    "",
    "## Peers",
    "",
    tableRow(["operation", "peer", "version", "gas", "ours / its", "figure"]),
    tableRow(["---", "---", "---", "---:", "---:", "---"]),
    ...peers.map(tableRow),
    "",
    "### Packages",
    "",
    "From npm. The contracts depend on OpenZeppelin and Solady; all others are for this benchmark alone, and no code of theirs is in",
    "this repository or in the package.",
    "",
    tableRow(["peer", "package", "version", "licence"]),
    tableRow(["---", "---", "---", "---"]),
    ...PEER_PACKAGES.map(({ peer, name, version, licence }) => tableRow([peer, `\`${name}\``, version, licence])),
    "",
    "## Sizes",
    "",
    tableRow(["contract", "runtime bytes", "limit", "initcode hash"]),
    tableRow(["---", "---:", "---", "---"]),
    ...sizes.map(({ name, runtimeBytes, initcodeHash }) =>
      tableRow([name, number(runtimeBytes), verdict(runtimeBytes, BARS.runtimeBytes), `\`${initcodeHash}\``]),
    ),
    "",
  ].join("\n");
}

/** Writes docs/gas.md and the snapshots. */
export async function writeDocuments(report: GasReport): Promise<void> {
  await mkdir(path.dirname(DOCUMENT), { recursive: true });
  await writeFile(DOCUMENT, toMarkdown(report));
  const gas: GasSnapshot = Object.fromEntries(report.rows.map((row) => [scenarioOf(row), row.gas]));
  const sizes: SizeSnapshot = Object.fromEntries(
    report.sizes.map(({ name, runtimeBytes, initcodeHash }) => [name, { runtimeBytes, initcodeHash }]),
  );
  await writeJson(path.join(SNAPSHOTS, "gas.json"), gas);
  await writeJson(path.join(SNAPSHOTS, "size.json"), sizes);
}

/** What got worse than its snapshot by more than 1 %, or is missing on one side. */
export function compareWithSnapshots(report: GasReport, gas: GasSnapshot, sizes: SizeSnapshot): string[] {
  const problems: string[] = [];
  const compare = (name: string, actual: number | undefined, known: number | undefined, unit: string): void => {
    if (actual === undefined) problems.push(`${name}: in the snapshot but not measured`);
    else if (known === undefined) problems.push(`${name}: measured but not in the snapshot`);
    else if (actual > known * (1 + TOLERANCE)) {
      const percent = ((100 * (actual - known)) / known).toFixed(1);
      problems.push(`${name}: ${number(actual)} ${unit}, ${percent} % more than ${number(known)}`);
    }
  };
  const measured = new Map(report.rows.map((row) => [scenarioOf(row), row.gas]));
  for (const name of new Set([...measured.keys(), ...Object.keys(gas)])) {
    compare(name, measured.get(name), gas[name], "gas");
  }
  const built = new Map(report.sizes.map(({ name, runtimeBytes }) => [name, runtimeBytes]));
  for (const name of new Set([...built.keys(), ...Object.keys(sizes)])) {
    compare(name, built.get(name), sizes[name]?.runtimeBytes, "bytes");
  }
  return problems;
}

/** Throws `WORSE_THAN_SNAPSHOT` with what got worse. */
export async function checkSnapshots(report: GasReport): Promise<void> {
  const read = async <T>(file: string): Promise<T> => {
    try {
      return JSON.parse(await readFile(path.join(SNAPSHOTS, file), "utf8")) as T;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      throw new SnapshotError(`There is no bench/snapshots/${file}: run npm run bench:gas.`);
    }
  };
  const problems = compareWithSnapshots(
    report,
    await read<GasSnapshot>("gas.json"),
    await read<SizeSnapshot>("size.json"),
  );
  if (problems.length > 0) {
    throw new SnapshotError(
      `Worse than the snapshots by more than ${100 * TOLERANCE} %:\n${problems.join("\n")}\n` +
        "If that is meant, run npm run bench:gas and commit bench/snapshots.",
    );
  }
}
