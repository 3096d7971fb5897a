import path from "node:path";
import { Command } from "commander";
import { Listr, type ListrTask } from "listr2";
import { wholeNumber } from "./lib/arguments.js";
import { DemoError } from "./lib/demo/sender.js";
import { checkReport, formatDemo } from "./lib/demo/report.js";
import { createDemo, DEMO_ACCOUNTS, DEMO_BLOCK_GAS, demoStart, type DemoStep } from "./lib/demo/run.js";
import { findAnvil, startDevnet, type LocalChain } from "./lib/devnet.js";
import { runMain } from "./lib/failure.js";
import { startInProcess } from "./lib/in-process.js";
import { prepareOutput, writeJson } from "./lib/output.js";
import { ROOT } from "./lib/paths.js";

const DEFAULT_FILE = "bench/results/demo.json";
const QUICK_DAYS = 500;
const PROGRESS_MS = 500;

const options = new Command("npm run demo --")
  .description("Replays daily closes of the S&P 500 since 2000 through two pools on a local L2, and checks every unit.")
  .option("--quick", `${QUICK_DAYS} days only: less than a minute`)
  .option("--days <number>", "trading days to replay (default: all)", wholeNumber(1, 100_000))
  .option("--seed <text>", "seed of the traders", "lakh")
  .option("--in-process", "simulate the chain in this process instead of starting anvil")
  .option("--port <number>", "TCP port of anvil, 0 for a free one", wholeNumber(0, 65_535), 0)
  .option("--json [file]", `also write the figures as JSON (${DEFAULT_FILE})`)
  .allowExcessArguments(false)
  .parse()
  .opts<{ quick?: boolean; days?: number; seed: string; inProcess?: boolean; port: number; json?: string | true }>();

function outputFile(): string | undefined {
  if (options.json === undefined) return undefined;
  return options.json === true ? path.join(ROOT, DEFAULT_FILE) : path.resolve(options.json);
}

/** anvil where there is one; a wrong `LAKH_ANVIL` is an error, no anvil at all is not. */
async function openChain(): Promise<LocalChain> {
  const common = { timestamp: demoStart(), blockGasLimit: DEMO_BLOCK_GAS };
  const wantsAnvil = options.inProcess !== true;
  const isChosen = process.env.LAKH_ANVIL !== undefined && process.env.LAKH_ANVIL !== "";
  if (wantsAnvil && (isChosen || findAnvil() !== undefined)) {
    return startDevnet({ ...common, port: options.port, accounts: DEMO_ACCOUNTS });
  }
  if (wantsAnvil) console.log("There is no anvil for this platform, so the chain is simulated in this process.");
  return startInProcess(common);
}

function toTask({ title, run }: DemoStep): ListrTask {
  return {
    title,
    async task(_context, task) {
      let shown = 0;
      let note = "";
      const began = performance.now();
      await run((text) => {
        note = text;
        const now = performance.now();
        if (now - shown < PROGRESS_MS || process.stdout.isTTY !== true) return;
        shown = now;
        task.output = text;
      });
      const seconds = ((performance.now() - began) / 1_000).toFixed(1);
      task.title = `${title}: ${note === "" ? "" : `${note}, `}${seconds} s`;
    },
  };
}

await runMain(async () => {
  const file = outputFile();
  if (file !== undefined) await prepareOutput(file);
  const abort = new AbortController();
  let chain: LocalChain | undefined;
  const interrupted = new Promise<never>((_resolve, reject) => {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(name, () => {
        abort.abort();
        reject(new DemoError("INTERRUPTED", "Interrupted: the local chain is stopped and nothing was written."));
      });
    }
  });
  interrupted.catch(() => undefined);
  const days = options.days ?? (options.quick === true ? QUICK_DAYS : undefined);
  const open = async (): Promise<LocalChain> => {
    chain = await openChain();
    if (!abort.signal.aborted) return chain;
    await chain.stop(); // interrupted while it started, so nobody else stops it
    throw new DemoError("INTERRUPTED", "Interrupted.");
  };
  const demo = createDemo(open, {
    seed: options.seed,
    signal: abort.signal,
    ...(days === undefined ? {} : { days }),
  });
  const tasks = new Listr(demo.steps.map(toTask), {
    renderer: process.stdout.isTTY ? "default" : "simple",
    registerSignalListeners: false,
  });
  try {
    await Promise.race([tasks.run(), interrupted]);
  } finally {
    await chain?.stop();
  }
  const report = demo.report();
  console.log(`\n${formatDemo(report)}`);
  checkReport(report);
  if (file !== undefined) {
    await writeJson(file, report);
    console.log(`Written to ${path.relative(process.cwd(), file)}.`);
  }
});
