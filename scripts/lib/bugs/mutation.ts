import { glob, readFile } from "node:fs/promises";
import path from "node:path";
import { FailureError } from "../failure.js";

/** A bug put into a copy of the contracts; a test that carries the invariant's id must fail on it. */
export type Mutation = {
  /** The invariant of docs/invariants.md that forbids it. */
  invariant: string;
  /** What is wrong, in words. */
  bug: string;
  file: string;
  /** Stands exactly once in the file; any white space matches any other. */
  find: string;
  replace: string;
  /** A second place of the same file, for a bug that stands in two. */
  also?: { find: string; replace: string };
};

/** LED-4 becomes LED_04, as it stands in the names of tests. */
export function testIdOf(invariant: string): string {
  const [prefix, number] = invariant.split("-") as [string, string];
  return `${prefix}_${number.padStart(2, "0")}`;
}

/** Tests of scripts and of the repository may name an id, but assert no invariant. */
const NO_CONTRACT = /^test[\\/]unit[\\/](?:scripts|repository)[\\/]/;

/** The test files of the contracts under `root` that speak of any of these ids, as paths from there. */
export async function testFilesOf(root: string, ids: readonly string[]): Promise<string[]> {
  const tests = await readTests(root);
  return [...tests].filter(([, source]) => ids.some((id) => source.includes(id))).map(([file]) => file);
}

/** The sources of the test files that run contracts, in the order of their names. */
export async function readTests(root: string): Promise<Map<string, string>> {
  const files: string[] = [];
  for await (const file of glob("test/**/*.{t.sol,test.ts}", { cwd: root })) {
    if (!NO_CONTRACT.test(file)) files.push(file);
  }
  const read = async (file: string) => [file, await readFile(path.join(root, file), "utf8")] as const;
  return new Map(await Promise.all(files.sort().map(read)));
}

/** The source with the bug in it. */
export function plant(source: string, { invariant, bug, file, find, replace, also }: Mutation): string {
  let planted = source;
  for (const place of [{ find, replace }, ...(also === undefined ? [] : [also])]) {
    const words = place.find.split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const pattern = new RegExp(words.join("\\s+"), "g");
    const count = [...source.matchAll(pattern)].length;
    if (count !== 1) {
      const where = count === 0 ? "does not stand in" : `stands ${count.toString()} times in`;
      throw new FailureError(
        "SNIPPET_NOT_FOUND",
        `The bug of ${invariant} "${bug}" cannot be planted: its snippet ${where} ${file}. Mend it in scripts/lib/bugs.`,
      );
    }
    planted = planted.replace(pattern, () => place.replace);
  }
  return planted;
}
