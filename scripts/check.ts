import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { Listr, type ListrTask } from "listr2";
import { runMain } from "./lib/failure.js";
import { ROOT } from "./lib/paths.js";
import { runPackageScript, stopRunningCommands } from "./lib/process.js";
import { isSelected, isStepId, LANES, STEPS, type Step, type StepId } from "./lib/steps.js";
import { parseTestSummary } from "./lib/test-summary.js";

const SHOWN_LINES = 300;

type Outcome = { step: Step; status: "passed" | "failed" | "skipped"; output: string };

const stepNames = STEPS.map(({ id }) => id).join(", ");

function collectSteps(text: string, previous: StepId[]): StepId[] {
  const names = text.split(",").map((name) => name.trim());
  return [
    ...previous,
    ...names.map((name) => {
      if (isStepId(name)) return name;
      throw new InvalidArgumentError(`There is no step "${name}". The steps are ${stepNames}.`);
    }),
  ];
}

const options = new Command("npm test --")
  .description("Runs every check of the repository. Each step is also a script of its own: npm run <step>.")
  .option("--only <step>", "run only this step (repeatable, or a list with commas)", collectSteps, [])
  .option("--skip <step>", "leave this step out (repeatable, or a list with commas)", collectSteps, [])
  .option("--bail", "stop at the first step that fails")
  .addHelpText("after", `\nSteps: ${stepNames}`)
  .allowExcessArguments(false)
  .parse()
  .opts<{ only: StepId[]; skip: StepId[]; bail?: boolean }>();

type StepResult = { status: Outcome["status"]; note: string };

const outcomes = new Map<StepId, Outcome>();
const tests = { passed: 0, failed: 0 };
let stopped = false;

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

async function runStep(step: Step, report: (progress: string) => void): Promise<StepResult> {
  const { after } = step;
  const spared = after !== undefined && outcomes.get(after.step)?.status === "passed" ? after.args : [];
  let tail = "";
  const { code, output } = await runPackageScript(step.id, [...(step.args ?? []), ...spared], {
    onOutput(text) {
      tail = (tail + text).slice(-2_000);
      const line = tail.split("\n").findLast((candidate) => candidate.trim() !== "");
      if (line !== undefined) report(line.trim());
    },
  });
  const summary = step.countsTests === true ? parseTestSummary(output) : undefined;
  if (summary !== undefined) {
    tests.passed += summary.passed;
    tests.failed += summary.failed;
  }
  const isOk = code === 0 && (summary?.failed ?? 0) === 0;
  // A step that --bail ended did not fail by itself.
  const status = isOk ? "passed" : stopped ? "skipped" : "failed";
  outcomes.set(step.id, { step, status, output });
  return { status, note: summary === undefined ? "" : `, ${summary.passed} passing, ${summary.failed} failing` };
}

function toTask(step: Step): ListrTask {
  return {
    title: step.title,
    async task(_context, task) {
      const cause = step.after === undefined ? undefined : outcomes.get(step.after.step);
      if (stopped || cause?.status === "failed" || cause?.status === "skipped") {
        outcomes.set(step.id, { step, status: "skipped", output: "" });
        task.skip(`${step.title}: skipped, ${stopped ? "a step failed" : "the step it needs failed"}`);
        return;
      }
      const started = performance.now();
      const { status, note } = await runStep(step, (progress) => {
        if (process.stdout.isTTY) task.output = progress;
      });
      task.title = `${step.title} (${seconds(started)}${note})`;
      if (status === "skipped") task.skip(`${step.title}: stopped, a step failed`);
      if (status !== "failed") return;
      if (options.bail === true) {
        stopped = true;
        stopRunningCommands();
      }
      throw new Error("its output is below");
    },
  };
}

function toLane(steps: readonly Step[]): ListrTask[] {
  const selected = steps.filter((step) => isSelected(step, options));
  if (selected.length === 0) return [];
  return [{ task: (_context, task) => task.newListr(selected.map(toTask), { concurrent: false, exitOnError: false }) }];
}

async function showFailure({ step, output }: Outcome): Promise<void> {
  const folder = path.join(ROOT, "cache", "check");
  await mkdir(folder, { recursive: true });
  const log = path.join(folder, `${step.id.replace(":", "-")}.log`);
  await writeFile(log, output);
  const lines = output.trimEnd().split("\n");
  console.log(`\n--- ${step.title}: npm run ${step.id} ---`);
  if (lines.length > SHOWN_LINES) {
    console.log(`(the last ${SHOWN_LINES} of ${lines.length} lines; all are in ${path.relative(ROOT, log)})`);
  }
  console.log(lines.slice(-SHOWN_LINES).join("\n"));
}

await runMain(async () => {
  process.once("SIGINT", () => {
    stopRunningCommands();
    process.exit(130);
  });
  const started = performance.now();
  const listr = new Listr(LANES.flatMap(toLane), {
    concurrent: true,
    exitOnError: false,
    renderer: process.stdout.isTTY ? "default" : "simple",
    rendererOptions: { collapseErrors: false, collapseSubtasks: false, showErrorMessage: false },
  });
  await listr.run();

  const withStatus = (status: Outcome["status"]): Outcome[] =>
    [...outcomes.values()].filter((outcome) => outcome.status === status);
  const failed = withStatus("failed");
  const skipped = withStatus("skipped");
  for (const outcome of failed) await showFailure(outcome);

  const titles = (list: readonly Outcome[]): string => list.map(({ step }) => step.title).join(", ");
  console.log("");
  if (failed.length === 0) console.log(`All ${outcomes.size} steps passed in ${seconds(started)}.`);
  else console.log(`${failed.length} of ${outcomes.size} steps failed in ${seconds(started)}: ${titles(failed)}.`);
  if (skipped.length > 0) console.log(`Not run because of that: ${titles(skipped)}.`);
  console.log(`${tests.passed} passed, ${tests.failed} failed`);
  if (failed.length > 0) process.exitCode = 1;
});
