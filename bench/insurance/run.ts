import { writeFile } from "node:fs/promises";
import path from "node:path";
import { Command } from "commander";
import { Listr } from "listr2";
import { wholeNumber } from "../../scripts/lib/arguments.js";
import { runMain } from "../../scripts/lib/failure.js";
import { startInProcess } from "../../scripts/lib/in-process.js";
import { toJson } from "../../scripts/lib/keeper/report.js";
import { prepareOutput, writeJson } from "../../scripts/lib/output.js";
import { ROOT } from "../../scripts/lib/paths.js";
import { readFlights, readQuakes, type RecordSet } from "./records.js";
import { replayCover, replayStart, type ReplayReport } from "./replay.js";
import { dollars, replayDocument } from "./replay-document.js";
import { replayPicture } from "./replay-picture.js";

const DEFAULT_FILE = "bench/results/cover.json";
const DOCUMENT = "docs/insurance-replay.md";
const PICTURE = "docs/insurance-replay.svg";
const BLOCK_GAS = 2_000_000_000n;
const ALL_FLIGHTS = 20_000;
const PROGRESS_MS = 500;

const options = new Command("npm run bench:cover --")
  .description("Insures real flights and earthquakes, settles each by its record, and checks every unit.")
  .option(
    "--flights <number>",
    "flights, spread over all; fewer than all write no document",
    wholeNumber(1, ALL_FLIGHTS),
  )
  .option("--seed <text>", "seed of the policies", "lakh")
  .option("--json [file]", `also write the figures as JSON (${DEFAULT_FILE})`)
  .option("--no-document", `leave ${DOCUMENT} as it is`)
  .allowExcessArguments(false)
  .parse()
  .opts<{ flights?: number; seed: string; json?: string | true; document: boolean }>();

function outputFile(): string | undefined {
  if (options.json === undefined) return undefined;
  return options.json === true ? path.join(ROOT, DEFAULT_FILE) : path.resolve(options.json);
}

async function replay(records: RecordSet, progress: (text: string) => void): Promise<ReplayReport> {
  const chain = await startInProcess({ timestamp: replayStart(records), blockGasLimit: BLOCK_GAS });
  try {
    return await replayCover({ chain, records, seed: options.seed, progress });
  } finally {
    await chain.stop();
  }
}

/** Replays the flights, then the earthquakes; throws where a unit is missing. */
await runMain(async () => {
  const file = outputFile();
  if (file !== undefined) await prepareOutput(file);
  const reports: ReplayReport[] = [];
  const tasks = new Listr(
    [readFlights(options.flights), readQuakes()].map((records) => ({
      title: `${records.title}: ${records.records.length} risks`,
      async task(_context: unknown, task: { title: string; output: string }) {
        let shown = 0;
        const began = performance.now();
        const report = await replay(records, (text) => {
          const now = performance.now();
          if (now - shown < PROGRESS_MS || process.stdout.isTTY !== true) return;
          shown = now;
          task.output = text;
        });
        reports.push(report);
        const seconds = ((performance.now() - began) / 1_000).toFixed(1);
        task.title = `${records.title}: ${report.policies} policies, payouts ${dollars(report.payouts)}, ${seconds} s`;
      },
    })),
    { renderer: process.stdout.isTTY ? "default" : "simple" },
  );
  await tasks.run();
  const text = replayDocument(reports);
  console.log(`\n${text}`);
  if (options.document && options.flights === undefined) {
    await writeFile(path.join(ROOT, DOCUMENT), text);
    await writeFile(path.join(ROOT, PICTURE), await replayPicture(reports));
  }
  if (file !== undefined) {
    await writeJson(file, JSON.parse(toJson({ reports })));
    console.log(`Written to ${path.relative(process.cwd(), file)}.`);
  }
});
