import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import type { FileSites } from "./types.js";

/** What Hardhat keeps of its own probes, on a field that its types do not show. */
const managerSchema = z.object({
  _coverage: z.object({
    filesMetadata: z.map(
      z.string(),
      z.map(z.string(), z.object({ tag: z.string(), startUtf16: z.number(), endUtf16: z.number() })),
    ),
  }),
});

const recorded = new Map<string, Omit<FileSites, "statements">>();

/** Keeps a file's branches and functions until the tests have run. */
export function recordFile(sites: Omit<FileSites, "statements">): void {
  recorded.set(sites.file, sites);
}

/** The instrumented files, with the statements that Hardhat's runtime environment knows of. */
export function recordedFiles(environment: unknown): FileSites[] {
  const { filesMetadata } = managerSchema.parse(environment)._coverage;
  const known = new Map([...filesMetadata].map(([file, statements]) => [file.split(path.sep).join("/"), statements]));
  return [...recorded.values()].map((sites) => ({ ...sites, statements: statementsOf(sites.source, known.get(sites.file)) }));
}

type Known = ReadonlyMap<string, { tag: string; startUtf16: number; endUtf16: number }>;

function statementsOf(source: string, known: Known = new Map()): FileSites["statements"] {
  return [...known.values()]
    .map(({ tag, startUtf16, endUtf16 }) => {
      // Hardhat's range begins with the white space before the statement.
      const blank = /^\s*/.exec(source.slice(startUtf16, endUtf16))?.[0].length ?? 0;
      return { tag, start: startUtf16 + blank, end: endUtf16 };
    })
    .sort((a, b) => a.start - b.start || a.end - b.end);
}

/** Writes a file of `coverage/`. */
export async function writeCoverage(root: string, name: string, value: unknown): Promise<void> {
  const folder = path.join(root, "coverage");
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, name), JSON.stringify(value));
}
