import { fork, type ChildProcess } from "node:child_process";
import path from "node:path";
import { FailureError } from "../failure.js";
import type { Answer, Request } from "./messages.js";

/** A worker that answers one request at a time. */
export type Worker = {
  folder: string;
  /** `undefined` when no answer came in time; the worker is gone then. */
  ask: (request: Request, milliseconds: number) => Promise<Answer | undefined>;
  stop: () => void;
};

export type WorkerOptions = { folder: string; testFiles: readonly string[]; coverage: boolean };

const START_LIMIT = 600_000;

/** Random tests are short here: they are the first that each mutant meets, and most fall within a few operations. */
const COUNTS = {
  LAKH_MODEL_OPERATIONS: "150",
  LAKH_MODEL_BATCHES: "6",
  LAKH_INSURANCE_OPERATIONS: "100",
  LAKH_LENDING_OPERATIONS: "100",
  LAKH_OFFERINGS: "3",
  LAKH_STAKING_OPERATIONS: "100",
  LAKH_STAKING_SCHEDULES: "4",
  LAKH_MERKLE_CLAIMS: "60",
  LAKH_HISTORY_STEPS: "20",
  LAKH_SECTIONS: "120",
  LAKH_PATHS: "6",
  LAKH_QUOTES: "200",
  LAKH_FLIPS: "60",
  LAKH_BATCHES: "2",
};

export async function startWorker({ folder, testFiles, coverage }: WorkerOptions): Promise<Worker> {
  const env = {
    ...COUNTS,
    ...process.env,
    HARDHAT_COVERAGE: String(coverage),
    LAKH_STATEMENTS_ONLY: "1",
    NODE_ENV: "test",
    HH_TEST: "true",
  };
  const child = fork(path.join(folder, "scripts/lib/mutate/worker.ts"), testFiles, {
    cwd: folder,
    env,
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-4_000);
    });
  }
  const first = await nextAnswer(child, START_LIMIT);
  if (first?.type !== "ready") {
    child.kill("SIGKILL");
    throw new FailureError("WORKER_DID_NOT_START", `A worker did not start:\n${output.trim()}`);
  }
  return {
    folder,
    async ask(request, milliseconds) {
      child.send(request);
      const answer = await nextAnswer(child, milliseconds);
      if (answer === undefined) child.kill("SIGKILL");
      return answer;
    },
    stop() {
      child.kill("SIGKILL");
    },
  };
}

async function nextAnswer(child: ChildProcess, milliseconds: number): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const finish = (answer?: Answer): void => {
      clearTimeout(timer);
      child.off("message", finish).off("exit", onExit);
      resolve(answer);
    };
    const onExit = (): void => {
      finish();
    };
    const timer = setTimeout(finish, milliseconds);
    child.once("message", finish).once("exit", onExit);
  });
}
