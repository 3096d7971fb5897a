import { appendFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "../paths.js";
import type { Verdict } from "./messages.js";

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

/** What an earlier run learnt of the tests, unless tests or contracts changed since. */
export async function readKnowledge<T>(name: string, key: string): Promise<T | undefined> {
  const text = await readFile(path.join(FOLDER, `${name}-${key}.json`), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

export async function storeKnowledge(name: string, key: string, value: unknown): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  await writeFile(path.join(FOLDER, `${name}-${key}.json`), JSON.stringify(value));
}
