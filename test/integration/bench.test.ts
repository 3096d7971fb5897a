import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import {
  bestPeer,
  compareWithSnapshots,
  formatReport,
  scenarioOf,
  toMarkdown,
  withoutOurs,
} from "../../bench/gas/report.js";
import { lendingNames, lendingRow, lendingRows, ourLendingRows } from "../../bench/gas/lending-cases.js";
import type { LendingFigures } from "../../bench/gas/lending.js";
import type { StakingFigures } from "../../bench/gas/staking.js";
import { ourStakingRows, stakingNames, stakingRows } from "../../bench/gas/staking-cases.js";
import { measuredRow } from "../../bench/gas/measure.js";
import { PEER_PACKAGES } from "../../bench/gas/packages.js";
import { rwaNames, rwaRow, rwaRows, type RwaFigures } from "../../bench/gas/rwa-cases.js";
import { sectionAccounts, sectionRow } from "../../bench/gas/sections.js";
import { expectedIn, expectedOut } from "../../bench/gas/expected.js";
import { gasReportSchema, type GasReport, type GasRow } from "../../bench/schema.js";
import { ROOT } from "../../scripts/lib/paths.js";

const HASH = `0x${"ab".repeat(32)}`;

const row: GasRow = {
  domain: "amm",
  action: "swap, exact in",
  path: "wallet",
  state: "steady",
  gas: 80_000,
  execGas: 55_000,
  calldataBytes: 516,
  l1FeeWei: "41800000000",
  peers: [
    { name: "Dear", version: "1", gas: 100_000, measured: true },
    { name: "Cheap", version: "2", gas: 90_000, measured: false },
  ],
  floor: 58_529,
  bar: 80_000,
};

const report: GasReport = {
  meta: {
    ...{ date: "2026-01-02T03:04:05Z", fork: "isthmus", solc: "0.8.37", profile: "production" },
    ...{ commit: "0123456789", node: "22.0.0", cpus: 2 },
  },
  l1: { baseFeeWei: "1000000000", blobBaseFeeWei: "100000000", baseFeeScalar: 5227, blobBaseFeeScalar: 1014213 },
  rows: [row],
  peersOnly: [],
  sizes: [{ name: "AmmCore", runtimeBytes: 12_000, initcodeHash: HASH }],
};

const gas = { [scenarioOf(row)]: 80_000 };
const sizes = { AmmCore: { runtimeBytes: 12_000, initcodeHash: HASH } };

const lendingFigures = Object.fromEntries(
  lendingNames.map((name) => [name, [{ name: "Lender", version: "1", gas: 70_000, measured: true }]]),
) as LendingFigures;

const stakingFigures = Object.fromEntries(
  stakingNames.map((name) => [name, [{ name: "Pool", version: "1", gas: 90_000, measured: true }]]),
) as StakingFigures;

const rwaFigures = Object.fromEntries(
  rwaNames.map((name) => [name, [{ name: "Token", version: "1", gas: 210_000, measured: true }]]),
) as RwaFigures;

describe("gas benchmark", () => {
  it("has a schema that accepts a report and refuses a broken one", () => {
    expect(gasReportSchema.parse(report)).to.deep.equal(report);
    expect(gasReportSchema.safeParse({ ...report, rows: [] }).success).to.equal(false);
    expect(gasReportSchema.safeParse({ ...report, rows: [{ ...row, gas: -1 }] }).success).to.equal(false);
    expect(gasReportSchema.safeParse({ ...report, rows: [{ ...row, l1FeeWei: "1.5" }] }).success).to.equal(false);
  });

  it("finds nothing to report where nothing changed, or by 1 % at the most", () => {
    expect(compareWithSnapshots(report, gas, sizes)).to.deep.equal([]);
    expect(compareWithSnapshots(report, { [scenarioOf(row)]: 79_208 }, sizes)).to.deep.equal([]);
    expect(compareWithSnapshots(report, { [scenarioOf(row)]: 90_000 }, sizes)).to.deep.equal([]);
  });

  it("reports gas and sizes that grew by more than 1 %", () => {
    const smaller = { AmmCore: { runtimeBytes: 11_800, initcodeHash: HASH } };
    expect(compareWithSnapshots(report, { [scenarioOf(row)]: 79_207 }, smaller)).to.have.length(2);
  });

  it("reports what only one side has", () => {
    expect(compareWithSnapshots(report, { ...gas, gone: 1 }, {})).to.have.length(2);
  });

  it("names the best peer and whether a limit holds", () => {
    expect(bestPeer(row.peers)?.name).to.equal("Cheap");
    expect(bestPeer([])).to.equal(undefined);
    for (const text of [formatReport(report), toMarkdown(report)]) {
      expect(text).to.include("Cheap *").and.to.include("0.89").and.to.include("pass (≤ 80,000)");
    }
    expect(formatReport({ ...report, rows: [{ ...row, gas: 80_001 }] })).to.include("FAIL (≤ 80,000)");
  });

  it("shows peers without ours, until there is a row of ours", () => {
    const only = lendingRow("supply", lendingFigures);
    for (const text of [formatReport, toMarkdown].map((write) => write({ ...report, peersOnly: [only] }))) {
      expect(text).to.include("Lender").and.to.include("70,000").and.to.include("≤ 79,000");
    }
    expect(gasReportSchema.parse({ ...report, peersOnly: [only] }).peersOnly).to.have.length(1);

    const measured = { gas: 75_000, execGas: 50_000, calldataBytes: 292, l1FeeWei: 1n };
    const all = lendingRows(lendingFigures);
    expect(all).to.have.length(lendingNames.length);
    const [ours] = ourLendingRows({ supply: measured }, lendingFigures);
    expect(ours).to.include({
      ...measured,
      l1FeeWei: "1",
      action: "supply",
      state: "steady",
      path: "wallet",
      bar: 79_000,
    });
    expect(withoutOurs(all, ours === undefined ? [] : [ours])).to.have.length(all.length - 1);
    const [onLedger] = ourLendingRows({ supply: measured }, lendingFigures, "ledger");
    expect(onLedger).to.include({ path: "ledger", bar: null, floor: null });
  });

  it("has staking's rows beside the same peers, whether ours are there or not", () => {
    const all = stakingRows(stakingFigures);
    expect(gasReportSchema.parse({ ...report, peersOnly: all }).peersOnly).to.have.length(stakingNames.length);
    expect(new Set(all.map(({ action, state }) => `${action}, ${state}`)).size).to.equal(stakingNames.length);
    const text = toMarkdown({ ...report, peersOnly: all });
    expect(text).to.include("| claim (wallet, steady) | Pool | 1 | 90,000 |  | measured |").and.to.include("≤ 66,000");

    const measured = { gas: 60_000, execGas: 35_000, calldataBytes: 100, l1FeeWei: 1n };
    const ours = ourStakingRows({ claim: measured, stakeNew: measured }, stakingFigures);
    expect(ours.map(({ action, state, bar }) => [action, state, bar])).to.deep.equal([
      ["stake", "new", null],
      ["claim", "steady", 66_000],
    ]);
    expect(withoutOurs(all, ours)).to.have.length(all.length - 2);
    const [onLedger] = ourStakingRows({ claim: measured }, stakingFigures, "ledger");
    expect(onLedger).to.include({ domain: "staking", path: "ledger", bar: null, floor: null });
  });

  it("has rows of regulated assets beside the same peers, also more than one of an operation", () => {
    const all = rwaRows(rwaFigures);
    expect(gasReportSchema.parse({ ...report, peersOnly: all }).peersOnly).to.have.length(rwaNames.length);
    const measured = { gas: 54_000, execGas: 30_000, calldataBytes: 100, l1FeeWei: 1n };
    const idle = measuredRow(rwaRow("transfer", rwaFigures), measured);
    const moved = measuredRow(rwaRow("transfer", rwaFigures, { action: "transfer of units, income moved" }), measured);
    const text = toMarkdown({ ...report, rows: [idle, moved] });
    for (const { action } of [idle, moved]) {
      expect(text).to.include(`| ${action} (ledger, steady) | Token | 1 | 210,000 | 0.26 | measured |`);
    }
    expect(text.match(/FAIL \(≤ 50,000\)/g)).to.have.length(2);
    expect(withoutOurs(all, [idle, moved])).to.have.length(all.length - 1);
  });

  it("knows insurance, whose peers are all quoted", () => {
    const cover = { ...row, domain: "insurance", action: "buy cover", bar: 95_000 } as const;
    expect(gasReportSchema.parse({ ...report, rows: [cover] }).rows).to.deep.equal([cover]);
    expect(scenarioOf(cover)).to.equal("insurance: buy cover, wallet, steady");
  });

  it("names each package of a peer, in the version that is installed", async () => {
    const manifests = await Promise.all(
      ["package.json", "bench/peers/package.json"].map(
        async (file) =>
          JSON.parse(await readFile(path.join(ROOT, file), "utf8")) as Record<string, Record<string, string>>,
      ),
    );
    const installed = Object.assign(
      {},
      ...manifests.flatMap(({ dependencies = {}, devDependencies = {} }) => [dependencies, devDependencies]),
    ) as Record<string, string>;
    const text = toMarkdown(report);
    for (const { name, version, licence } of PEER_PACKAGES) {
      expect(installed[name], name).to.equal(version);
      expect(text).to.include(`| \`${name}\` | ${version} | ${licence} |`);
    }
  });

  it("has rows of sections, of which nothing but execution is counted", () => {
    const section = { domain: "staking", action: "stake, of 400 in a section, idle", state: "steady" } as const;
    const ours = sectionRow({ ...section, gas: 12_000, bar: 13_000, floor: 10_000 });
    expect(gasReportSchema.parse({ ...report, rows: [ours] }).rows).to.deep.equal([ours]);
    expect(ours).to.include({ path: "batch", execGas: 12_000, calldataBytes: 0 });
    expect(toMarkdown({ ...report, rows: [ours] }))
      .to.include("1.20 | pass (≤ 13,000)")
      .and.to.include("* **batch**");
    const accounts = sectionAccounts(0x57a4n);
    expect(new Set(accounts).size).to.equal(400);
    expect(accounts).not.to.include(sectionAccounts(0xacc0n)[0]);
  });

  it("expects outputs rounded down and inputs rounded up", () => {
    const sides = { x: 1_000_000n, y: 1_000_000n };
    expect(expectedOut(sides, 10_000n, 3_000n)).to.equal(9_871n);
    const paid = expectedIn(sides, 9_871n, 3_000n);
    expect(expectedOut(sides, paid, 3_000n) >= 9_871n).to.equal(true);
    expect(expectedOut(sides, paid - 1n, 3_000n) < 9_871n).to.equal(true);
  });
});
