import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { Command } from "commander";
import { Listr } from "listr2";
import { readSources } from "./lib/audit/analysis.js";
import { judge, slitherInput, SLITHER_VERSION, type SlitherReport } from "./lib/audit/slither.js";
import { TRIAGE } from "./lib/audit/triage.js";
import { FailureError, runMain } from "./lib/failure.js";
import { ROOT } from "./lib/paths.js";
import { runCommand } from "./lib/process.js";

const options = new Command("npm run slither --")
  .description("Runs Slither over the contracts and compares what it finds with the judgements on file.")
  .option("--slither <path>", "the executable", process.env.LAKH_SLITHER ?? "slither")
  .option("--report <file>", "judge a report that `slither --json` has written, and run nothing")
  .allowExcessArguments(false)
  .parse()
  .opts<{ slither: string; report?: string }>();

const FOLDER = path.join("cache", "slither");
const INPUT = path.join(FOLDER, "input.json");
const REPORT = path.join(FOLDER, "report.json");

async function versionOf(slither: string): Promise<string | undefined> {
  const { code, output } = await runCommand(`"${slither}" --version`);
  return code === 0 ? output.trim() : undefined;
}

async function run(slither: string): Promise<string> {
  await mkdir(path.join(ROOT, FOLDER), { recursive: true });
  await writeFile(path.join(ROOT, INPUT), slitherInput(await readSources()));
  await rm(path.join(ROOT, REPORT), { force: true }); // Slither does not overwrite one
  const { output } = await runCommand(`"${slither}" ${INPUT} --json ${REPORT}`);
  return output;
}

async function readReport(file: string, output = ""): Promise<SlitherReport> {
  const text = await readFile(path.resolve(ROOT, file), "utf8").catch(() => undefined);
  const report = text === undefined ? undefined : (JSON.parse(text) as SlitherReport);
  if (report?.success === true) return report;
  throw new FailureError("SLITHER_FAILED", `Slither did not come to an end:\n${output.trim().slice(-3000)}`);
}

await runMain(async () => {
  let file = options.report;
  let output = "";
  if (file === undefined) {
    const version = await versionOf(options.slither);
    if (version === undefined) {
      const command = `pip install slither-analyzer==${SLITHER_VERSION}`;
      console.log(`Slither is skipped: it is not installed here. With Python 3.9 or later: ${command}`);
      return;
    }
    const title = `Slither ${version}${version === SLITHER_VERSION ? "" : ` (judged by ${SLITHER_VERSION})`}`;
    const renderer = process.stdout.isTTY ? "default" : "simple";
    const task = async (): Promise<void> => {
      output = await run(options.slither);
    };
    await new Listr([{ title, task }], { renderer }).run();
    file = REPORT;
  }
  const { results } = await readReport(file, output);
  const { open, stale, judged, low } = judge(results.detectors ?? [], TRIAGE);
  console.log(`${judged} places of high or medium impact are judged, ${low} findings are of low impact.`);
  if (open.length + stale.length === 0) return;
  const lines = [
    ...open.map((key) => `  not judged: ${key}`),
    ...stale.map((key) => `  judged, but no longer found, or not as often: ${key}`),
  ];
  throw new FailureError(
    "SLITHER_TRIAGE",
    `Findings and scripts/lib/audit/triage.ts do not match:\n${lines.join("\n")}\nThe report is ${file}.`,
  );
});
