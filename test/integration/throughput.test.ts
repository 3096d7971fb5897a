import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { hexlify, Transaction, Wallet } from "ethers";
import { throughputReportSchema, type ThroughputReport } from "../../bench/schema.js";
import { Cohort } from "../../bench/throughput/cohort.js";
import {
  compareWithSnapshot,
  formatThroughput,
  readSnapshot,
  toThroughputMarkdown,
} from "../../bench/throughput/report.js";
import { signBySum } from "../../bench/throughput/relayer.js";
import { signTransaction } from "../../bench/throughput/transaction.js";
import { findAnvil } from "../../scripts/lib/devnet.js";
import { ROOT } from "../../scripts/lib/paths.js";
import { aggregateOrBisect, loadBls } from "../../src/index.js";

const run = promisify(execFile);

describe("throughput benchmark", () => {
  it("signs by the sum of secrets exactly as all signers together", async () => {
    const bls = await loadBls();
    const cohort = new Cohort({ accounts: 300, wallets: 2, seed: "sum" });
    const digest = new Uint8Array(32).fill(7);
    const indices = Array.from({ length: 40 }, (_, i) => i * 7);
    const partials = indices.map((signer) => ({
      signer,
      key: cohort.keyOf(signer),
      signature: bls.sign(cohort.secretOf(signer), digest),
    }));
    const { signature, bad } = aggregateOrBisect({ bls, message: digest, partials });
    expect(bad).to.deep.equal([]);
    expect(hexlify(signBySum({ bls, cohort, indices, digest }))).to.equal(hexlify(signature));
  });

  it("derives the keys that belong to the secrets, and the wallets' addresses", async () => {
    const bls = await loadBls();
    const cohort = new Cohort({ accounts: 300, wallets: 2, seed: "keys" });
    for (const index of [0, 1, 299]) {
      expect(hexlify(bls.publicKeyOf(cohort.secretOf(index)))).to.equal(hexlify(cohort.keyOf(index)));
      expect(cohort.indexOf(cohort.idOf(index))).to.equal(index);
    }
    const wallet = new Wallet(hexlify(cohort.walletSecretOf(1)));
    expect(cohort.hexAddressOf(1)).to.equal(wallet.address.toLowerCase());
    expect(BigInt(cohort.hexAddressOf(77))).to.equal(cohort.base + 77n);
  });

  it("signs transactions as ethers does", async () => {
    const secret = new Uint8Array(32).fill(9);
    const wallet = new Wallet(hexlify(secret));
    for (const data of [new Uint8Array(), Uint8Array.of(5), new Uint8Array(60).fill(1), new Uint8Array(300).fill(2)]) {
      const common = { chainId: 31_337, nonce: data.length, gasLimit: 16_777_216 };
      const raw = signTransaction(
        { ...common, maxFeePerGas: 1_000_000_000, to: new Uint8Array(20).fill(3), data },
        secret,
      );
      const fees = { maxFeePerGas: 1_000_000_000, maxPriorityFeePerGas: 1_000_000_000 };
      const fields = { ...common, ...fees, type: 2, to: `0x${"03".repeat(20)}`, data: hexlify(data) };
      expect(hexlify(raw)).to.equal(await wallet.signTransaction(Transaction.from(fields)));
    }
  });

  it("reports figures that grew by more than 1 %, shrank as a least, or have no snapshot", () => {
    const figure = (unit: "gas" | "signers", value: number) => ({ name: "x", unit, value, bar: null });
    const report = (unit: "gas" | "signers", value: number) =>
      ({ figures: [figure(unit, value)] }) as unknown as ThroughputReport;
    expect(compareWithSnapshot(report("gas", 101), { x: 100 })).to.deep.equal([]);
    expect(compareWithSnapshot(report("gas", 102), { x: 100 })).to.have.length(1);
    expect(compareWithSnapshot(report("signers", 999), { x: 1_000 })).to.have.length(1);
    expect(compareWithSnapshot(report("gas", 1), {})).to.have.length(1);
  });

  it("measures a small load without a difference, and no figure that is worse than its snapshot", async function () {
    if (process.platform !== "linux" || findAnvil() === undefined) this.skip();
    this.timeout(180_000); // less than a minute on a machine of its own
    const folder = await mkdtemp(path.join(os.tmpdir(), "lakh-throughput-"));
    try {
      const file = path.join(folder, "throughput.json");
      await run(
        process.execPath,
        ["--import", "tsx", "bench/throughput/run.ts", "--quick", "--no-document", "--json", file],
        {
          cwd: ROOT,
        },
      );
      const report = throughputReportSchema.parse(JSON.parse(await readFile(file, "utf8")));
      expect(compareWithSnapshot(report, await readSnapshot())).to.deep.equal([]);
      checkReport(report);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

function checkReport(report: ThroughputReport): void {
  expect(report.rungs.map(({ name }) => name)).to.include.members(["token-transactions", "co-signed-1", "mixed"]);
  for (const { title, ops, failed, accountWordsCompared, accountWordsDiffering } of report.rungs) {
    expect(ops, title).to.be.greaterThan(100);
    expect(failed, title).to.equal(0);
    expect(accountWordsCompared, title).to.be.greaterThan(report.meta.accounts * 2);
    expect(accountWordsDiffering, title).to.equal(0);
  }
  const mixed = report.rungs.find(({ name }) => name === "mixed");
  expect(mixed?.freshWordShare).to.be.at.least(0.05);
  expect(report.sample.rows).to.be.greaterThan(0);
  for (const text of [formatThroughput(report), toThroughputMarkdown(report)]) expect(text).to.include("co-signed");
}
