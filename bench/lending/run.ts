import { writeFile } from "node:fs/promises";
import path from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { Listr } from "listr2";
import { wholeNumber } from "../../scripts/lib/arguments.js";
import { runMain } from "../../scripts/lib/failure.js";
import { startInProcess } from "../../scripts/lib/in-process.js";
import { toJson } from "../../scripts/lib/keeper/report.js";
import { prepareOutput, writeJson } from "../../scripts/lib/output.js";
import { ROOT } from "../../scripts/lib/paths.js";
import { crashDocument, dollars } from "./crash-document.js";
import { crashPicture } from "./crash-picture.js";
import { CRASH_YEARS, readCrash, type CrashYear } from "./crash-prices.js";
import { replayCrash, replayStart, type ReplayReport } from "./replay.js";

const DEFAULT_FILE = "bench/results/crash.json";
const DOCUMENT = "docs/lending-crash.md";
const PICTURE = "docs/lending-crash.svg";
const BLOCK_GAS = 1_000_000_000n;
const PROGRESS_MS = 500;

function year(text: string): CrashYear {
  const found = CRASH_YEARS.find((each) => String(each) === text);
  if (found === undefined) throw new InvalidArgumentError(`It must be ${CRASH_YEARS.join(" or ")}.`);
  return found;
}

const options = new Command("npm run bench:crash --")
  .description("Replays the crashes of 2008 and 2020 through a lending market with the keeper, and checks every unit.")
  .option("--year <number>", "one year only; writes no document", year)
  .option("--days <number>", "trading days of each year (default: all); writes no document", wholeNumber(1, 253))
  .option("--borrowers <number>", "borrowers", wholeNumber(1, 2_000), 500)
  .option("--seed <text>", "seed of the borrowers", "lakh")
  .option("--json [file]", `also write the figures as JSON (${DEFAULT_FILE})`)
  .option("--no-document", `leave ${DOCUMENT} as it is`)
  .allowExcessArguments(false)
  .parse()
  .opts<{
    year?: CrashYear;
    days?: number;
    borrowers: number;
    seed: string;
    json?: string | true;
    document: boolean;
  }>();

function outputFile(): string | undefined {
  if (options.json === undefined) return undefined;
  return options.json === true ? path.join(ROOT, DEFAULT_FILE) : path.resolve(options.json);
}

async function replayYear(crash: CrashYear, progress: (text: string) => void): Promise<ReplayReport> {
  const days = readCrash(crash).slice(0, options.days);
  const chain = await startInProcess({ timestamp: replayStart(days), blockGasLimit: BLOCK_GAS });
  try {
    return await replayCrash({ chain, days, borrowers: options.borrowers, seed: options.seed, progress });
  } finally {
    await chain.stop();
  }
}

/** Replays, one year after the other; throws where a unit is missing. */
await runMain(async () => {
  const file = outputFile();
  if (file !== undefined) await prepareOutput(file);
  const reports: ReplayReport[] = [];
  const years = options.year === undefined ? CRASH_YEARS : [options.year];
  const tasks = new Listr(
    years.map((crash) => ({
      title: `Replay ${crash}`,
      async task(_context: unknown, task: { title: string; output: string }) {
        let shown = 0;
        const began = performance.now();
        const report = await replayYear(crash, (text) => {
          const now = performance.now();
          if (now - shown < PROGRESS_MS || process.stdout.isTTY !== true) return;
          shown = now;
          task.output = text;
        });
        reports.push(report);
        const seconds = ((performance.now() - began) / 1_000).toFixed(1);
        task.title = `Replay ${crash}: ${report.liquidations} liquidations, bad debt ${dollars(report.badDebt)}, ${seconds} s`;
      },
    })),
    { renderer: process.stdout.isTTY ? "default" : "simple" },
  );
  await tasks.run();
  const text = crashDocument(reports);
  console.log(`\n${text}`);
  if (options.document && options.year === undefined && options.days === undefined) {
    await writeFile(path.join(ROOT, DOCUMENT), text);
    await writeFile(path.join(ROOT, PICTURE), await crashPicture(reports));
  }
  if (file !== undefined) {
    await writeJson(file, JSON.parse(toJson({ reports })));
    console.log(`Written to ${path.relative(process.cwd(), file)}.`);
  }
});
