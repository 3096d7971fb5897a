import path from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { Listr } from "listr2";
import { wholeNumber } from "../../scripts/lib/arguments.js";
import { FailureError, runMain } from "../../scripts/lib/failure.js";
import { prepareOutput, writeJson } from "../../scripts/lib/output.js";
import { ROOT } from "../../scripts/lib/paths.js";
import { createBench, toTask, type BenchOptions } from "./bench.js";
import { KINDS, type Kind, type Mix } from "./load.js";
import { formatThroughput, writeDocument, writeSnapshot } from "./report.js";
import { RUNGS } from "./rungs.js";

const DEFAULT_FILE = "bench/results/throughput.json";
const GAS = "gas";
const NAMES = [GAS, ...RUNGS.map(({ name }) => name)];
const QUICK = {
  lanes: 1,
  accounts: 3_000,
  wallets: 400,
  seconds: 3,
  rate: 2_000,
  walletSignatures: 500,
  coSignatures: 10_000,
};
const QUICK_RUNGS = [GAS, "token-transactions", "co-signed-1", "mixed"];
const FULL = {
  lanes: 1,
  accounts: 100_000,
  wallets: 4_000,
  seconds: 10,
  rate: 20_000,
  walletSignatures: 4_000,
  coSignatures: 12_000,
};

const command = new Command("npm run bench:throughput --")
  .description(
    "Drives paced load of thousands of signers through local L2s and checks every account; writes docs/throughput.md.",
  )
  .option("--seconds <number>", `seconds of load for each rung (${FULL.seconds})`, wholeNumber(1, 3_600))
  .option("--accounts <number>", `accounts of each lane (${FULL.accounts})`, wholeNumber(100, 2_000_000))
  .option("--lanes <number>", `chains beside each other (${FULL.lanes})`, wholeNumber(1, 8))
  .option(
    "--rate <number>",
    `operations offered per second, all lanes together (${FULL.rate})`,
    wholeNumber(1, 1_000_000),
  )
  .option("--mix <parts>", "parts of the mixed load, such as transfer=40,swap=30,vault=15,rules=15", parseMix)
  .option("--signers-per-batch <number>", "listed signers of a batch (by rung)", wholeNumber(1, 65_535))
  .option("--operations-per-signer <number>", "k, operations of a signer in a batch (by rung)", wholeNumber(1, 64))
  .option(
    "--signatures <number>",
    `BLS signatures made one by one for each rung, at least a batch (${FULL.coSignatures})`,
    wholeNumber(1, 10_000_000),
  )
  .option("--seed <text>", "seed of accounts and load", "lakh")
  .option("--rungs <names>", `which of ${NAMES.join(", ")} (default: all)`, parseRungs)
  .option("--quick", "few accounts, few rungs: less than a minute; writes bench/snapshots/throughput.json")
  .option("--json [file]", `also write the figures as JSON (${DEFAULT_FILE})`)
  .option("--no-document", "leave docs/throughput.md, or a quick run's snapshot, as it is")
  .allowExcessArguments(false);

type Options = {
  seconds?: number;
  accounts?: number;
  lanes?: number;
  rate?: number;
  mix?: Mix;
  signersPerBatch?: number;
  operationsPerSigner?: number;
  signatures?: number;
  seed: string;
  rungs?: string[];
  quick?: boolean;
  json?: string | true;
  document: boolean;
};

function parseMix(text: string): Mix {
  const mix: Mix = {};
  for (const part of text.split(",")) {
    const [kind = "", parts = ""] = part.split("=");
    if (!isKind(kind) || !/^\d+$/.test(parts)) {
      throw new InvalidArgumentError(`It must be a list such as transfer=40,swap=30 of ${KINDS.join(", ")}.`);
    }
    mix[kind] = Number(parts);
  }
  return mix;
}

function isKind(text: string): text is Kind {
  return (KINDS as readonly string[]).includes(text);
}

function parseRungs(text: string): string[] {
  const names = text.split(",");
  const unknown = names.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no rung "${unknown}".`);
  return names;
}

function toBenchOptions(options: Options): BenchOptions {
  const base = options.quick === true ? QUICK : FULL;
  const names = options.rungs ?? (options.quick === true ? QUICK_RUNGS : NAMES);
  const accounts = options.accounts ?? base.accounts;
  return {
    ...base,
    ...{ accounts, seed: options.seed, mix: options.mix },
    wallets: Math.min(base.wallets, Math.floor(accounts / 4)),
    lanes: options.lanes ?? base.lanes,
    seconds: options.seconds ?? base.seconds,
    rate: options.rate ?? base.rate,
    coSignatures: options.signatures ?? base.coSignatures,
    signersPerBatch: options.signersPerBatch,
    operationsPerSigner: options.operationsPerSigner,
    rungs: RUNGS.filter(({ name }) => names.includes(name)),
    withGas: names.includes(GAS),
  };
}

await runMain(async () => {
  const options = command.parse().opts<Options>();
  const file =
    options.json === undefined
      ? undefined
      : options.json === true
        ? path.join(ROOT, DEFAULT_FILE)
        : path.resolve(options.json);
  if (file !== undefined) await prepareOutput(file);
  if (process.platform !== "linux") {
    throw new FailureError(
      "NEEDS_LINUX",
      "Processor time is read from /proc, which this system has not: run it on Linux.",
    );
  }
  const bench = createBench(toBenchOptions(options));
  const interrupted = new Promise<never>((_resolve, reject) => {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(name, () =>
        reject(new FailureError("INTERRUPTED", "Interrupted: the chains are stopped and nothing was written.")),
      );
    }
  });
  interrupted.catch(() => undefined);
  const isTerminal = process.stdout.isTTY === true;
  const tasks = new Listr(
    bench.steps.map((step) => toTask(step, isTerminal)),
    { renderer: isTerminal ? "default" : "simple", registerSignalListeners: false },
  );
  try {
    await Promise.race([tasks.run(), interrupted]);
  } finally {
    await bench.stop();
  }
  const report = bench.report();
  console.log(`\n${formatThroughput(report)}`);
  if (file !== undefined) {
    await writeJson(file, report);
    console.log(`Written to ${path.relative(process.cwd(), file)}.`);
  }
  // Only a whole run speaks for the documentation, and only a quick one for the snapshot.
  if (options.document && options.rungs === undefined) {
    await (options.quick === true ? writeSnapshot(report) : writeDocument(report));
  }
});
