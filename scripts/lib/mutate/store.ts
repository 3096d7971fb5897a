import { appendFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "../paths.js";
import type { TestRecord, Verdict } from "./messages.js";

const FOLDER = path.join(ROOT, "cache", "mutation");
const VERDICTS = path.join(FOLDER, "verdicts.jsonl");

/** A verdict, and the hash of the tests that it was given with. */
export type StoredVerdict = Verdict & { tests: string };

/** What earlier runs found; the last word on a mutant counts. */
export async function readVerdicts(): Promise<Map<string, StoredVerdict>> {
  const text = await readFile(VERDICTS, "utf8").catch(() => "");
  const verdicts = new Map<string, StoredVerdict>();
  for (const line of text.split("\n").filter((each) => each !== "")) {
    const verdict = JSON.parse(line) as StoredVerdict;
    verdicts.set(verdict.id, verdict);
  }
  return verdicts;
}

export async function storeVerdict(verdict: StoredVerdict): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  await appendFile(VERDICTS, `${JSON.stringify(verdict)}\n`);
}

export async function forgetVerdicts(): Promise<void> {
  await rm(VERDICTS, { force: true });
}

/** Which test runs which statement, unless tests or contracts changed since. */
export async function readMap(key: string): Promise<TestRecord[] | undefined> {
  const text = await readFile(path.join(FOLDER, `tests-${key}.json`), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as TestRecord[]);
}

export async function storeMap(key: string, tests: readonly TestRecord[]): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  await writeFile(path.join(FOLDER, `tests-${key}.json`), JSON.stringify(tests));
}
