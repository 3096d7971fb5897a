import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { FileSites } from "../../hardhat/coverage/types.js";
import { FailureError } from "../failure.js";

/** How often each probe's tag was sent, over all runners. */
export type Hits = ReadonlyMap<string, number>;

/** Reads what a run left in `folder`: the sites and the hits of every runner. */
export async function collect(folder: string): Promise<{ files: FileSites[]; hits: Hits }> {
  const files = JSON.parse(await readRequired(path.join(folder, "sites.json"))) as FileSites[];
  const hits = new Map<string, number>();
  const entries = await readdir(path.join(folder, "data"), { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((each) => each.isFile())) {
    const text = await readFile(path.join(entry.parentPath, entry.name), "utf8");
    for (const [tag, count] of Object.entries(JSON.parse(text) as Record<string, number>)) {
      hits.set(tag, (hits.get(tag) ?? 0) + count);
    }
  }
  return { files: files.toSorted((a, b) => (a.file < b.file ? -1 : 1)), hits };
}

async function readRequired(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new FailureError("NO_COVERAGE", `${path.basename(file)} is missing: the tests ended before they ran.`);
  }
}
